using Interp.Runtime;

namespace Interp.Tokenization;

/// <summary>The pieces of a word, each with its length in UTF-8 bytes.</summary>
internal readonly record struct BpeWord(int[] Ids, int[] Bytes);

/// <summary>Pieces in a doubly linked list, so that a merge costs the same in long words as in short ones.</summary>
internal sealed class BpeSymbols(int capacity)
{
    public int[] Ids { get; private set; } = new int[capacity];

    public int[] Bytes { get; private set; } = new int[capacity];

    public int Count { get; private set; }

    public void Add(int id, int bytes)
    {
        if (Count == Ids.Length)
        {
            var larger = Math.Max(4, Count * 2);
            (Ids, Bytes) = (Grown(Ids, larger), Grown(Bytes, larger));
        }
        Ids[Count] = id;
        Bytes[Count++] = bytes;
    }

    private static int[] Grown(int[] array, int size)
    {
        Array.Resize(ref array, size);
        return array;
    }
}

/// <summary>The table of merges and the merging itself.</summary>
internal sealed class BpeMerges
{
    private readonly record struct Rule(int Rank, int Id);

    private readonly Dictionary<ulong, Rule> rules;

    public BpeMerges(BpeDefinition definition, string where)
    {
        var merges = definition.Merges;
        rules = new Dictionary<ulong, Rule>(merges.Count);
        for (var rank = 0; rank < merges.Count; rank++)
        {
            var (left, right) = merges[rank];
            if (right.Length < definition.Prefix.Length)
                throw new InterpException($"{where}: merge {rank} has the right side '{right}', which lacks the prefix '{definition.Prefix}' of pieces inside words.");
            var key = Key(Find(left), Find(right));
            rules[key] = new Rule(definition.Ranks?[rank] ?? rank, Find(left + right[definition.Prefix.Length..]));

            int Find(string piece) => definition.Vocabulary.TryGetValue(piece, out var id)
                ? id
                : throw new InterpException($"{where}: merge {rank} names the piece '{piece}', which is not in the vocabulary.");
        }
    }

    private static ulong Key(int left, int right) => (ulong)(uint)left << 32 | (uint)right;

    /// <summary>Merges until no rule applies.</summary>
    public BpeWord Apply(BpeSymbols symbols)
    {
        var (ids, bytes, count) = (symbols.Ids, symbols.Bytes, symbols.Count);
        if (count < 2)
            return new BpeWord(ids[..count], bytes[..count]);
        var previous = new int[count];
        var next = new int[count];
        var queue = new MergeQueue(count);
        for (var i = 0; i < count; i++)
        {
            previous[i] = i - 1;
            next[i] = i + 1 < count ? i + 1 : -1;
            if (i + 1 < count && rules.TryGetValue(Key(ids[i], ids[i + 1]), out var rule))
                queue.Push(rule.Rank, i);
        }
        var left = count;
        while (queue.TryPop(out var rank, out var at))
        {
            // An entry is stale when its left side was merged away or the pair there is now another one.
            if (bytes[at] == 0 || next[at] < 0)
                continue;
            var right = next[at];
            if (!rules.TryGetValue(Key(ids[at], ids[right]), out var current) || current.Rank != rank)
                continue;
            ids[at] = current.Id;
            bytes[at] += bytes[right];
            bytes[right] = 0;
            next[at] = next[right];
            if (next[at] >= 0)
                previous[next[at]] = at;
            left--;
            if (previous[at] >= 0 && rules.TryGetValue(Key(ids[previous[at]], ids[at]), out var before))
                queue.Push(before.Rank, previous[at]);
            if (next[at] >= 0 && rules.TryGetValue(Key(ids[at], ids[next[at]]), out var after))
                queue.Push(after.Rank, at);
        }
        var word = new BpeWord(new int[left], new int[left]);
        for (int i = 0, to = 0; i < count; i++)
        {
            if (bytes[i] == 0)
                continue;
            word.Ids[to] = ids[i];
            word.Bytes[to++] = bytes[i];
        }
        return word;
    }

    /// <summary>A binary heap of (rank, position), lowest first.</summary>
    private struct MergeQueue(int capacity)
    {
        private ulong[] items = new ulong[capacity];
        private int count;

        public void Push(int rank, int position)
        {
            if (count == items.Length)
                Array.Resize(ref items, count * 2);
            var item = (ulong)(uint)rank << 32 | (uint)position;
            var at = count++;
            while (at > 0 && items[(at - 1) / 2] > item)
            {
                items[at] = items[(at - 1) / 2];
                at = (at - 1) / 2;
            }
            items[at] = item;
        }

        public bool TryPop(out int rank, out int position)
        {
            if (count == 0)
            {
                (rank, position) = (0, 0);
                return false;
            }
            (rank, position) = ((int)(items[0] >> 32), (int)(items[0] & uint.MaxValue));
            var item = items[--count];
            var at = 0;
            while (2 * at + 1 < count)
            {
                var child = 2 * at + 1;
                if (child + 1 < count && items[child + 1] < items[child])
                    child++;
                if (items[child] >= item)
                    break;
                items[at] = items[child];
                at = child;
            }
            items[at] = item;
            return true;
        }
    }
}
