namespace Interp.Tokenization;

/// <summary>Finds the merges of BPE, keeping the pair counts up to date with only the words that a merge touches.</summary>
internal sealed class BpeMergeLearner
{
    private const long LeastCount = 2;

    private sealed class Word(List<int> symbols, long count)
    {
        public List<int> Symbols { get; } = symbols;

        public long Count { get; } = count;
    }

    private sealed class PairUse
    {
        public long Count { get; set; }

        public HashSet<int> Words { get; } = [];
    }

    private readonly List<string> pieces;
    private readonly List<Word> words = [];
    private readonly Dictionary<(int Left, int Right), PairUse> uses = [];
    private readonly PriorityQueue<((int Left, int Right) Pair, long Count), (long Count, string Left, string Right)> queue;

    /// <param name="wordCounts">The words and how often each occurs.</param>
    /// <param name="pieces">The pieces so far; new ones are appended.</param>
    /// <param name="firstCharacter">Where in them the characters begin.</param>
    public BpeMergeLearner(IReadOnlyDictionary<string, long> wordCounts, List<string> pieces, int firstCharacter)
    {
        this.pieces = pieces;
        queue = new(Comparer<(long Count, string Left, string Right)>.Create(Compare));
        var idOfCharacter = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var id = firstCharacter; id < pieces.Count; id++)
            idOfCharacter[pieces[id]] = id;
        foreach (var (word, count) in wordCounts)
        {
            // A character that is no piece will be bytes: no merge reaches over it.
            var symbols = new List<int>();
            foreach (var rune in word.EnumerateRunes())
            {
                if (idOfCharacter.TryGetValue(rune.ToString(), out var id))
                {
                    symbols.Add(id);
                    continue;
                }
                AddWord(symbols, count);
                symbols = [];
            }
            AddWord(symbols, count);
        }
        foreach (var (pair, use) in uses)
            Enqueue(pair, use.Count);
    }

    /// <summary>Appends merged pieces until there are so many, or no pair is left that occurs twice.</summary>
    public List<(string Left, string Right)> Learn(int vocabularySize)
    {
        var merges = new List<(string, string)>();
        var known = new HashSet<string>(pieces, StringComparer.Ordinal);
        while (pieces.Count < vocabularySize && queue.TryDequeue(out var entry, out _))
        {
            var (left, right) = entry.Pair;
            if (!uses.TryGetValue(entry.Pair, out var use) || use.Count != entry.Count || !known.Add(pieces[left] + pieces[right]))
                continue;
            merges.Add((pieces[left], pieces[right]));
            pieces.Add(pieces[left] + pieces[right]);
            Merge(entry.Pair, use, pieces.Count - 1);
        }
        return merges;
    }

    private static int Compare((long Count, string Left, string Right) a, (long Count, string Left, string Right) b)
    {
        var byCount = b.Count.CompareTo(a.Count);
        if (byCount != 0)
            return byCount;
        var byLeft = string.CompareOrdinal(a.Left, b.Left);
        return byLeft != 0 ? byLeft : string.CompareOrdinal(a.Right, b.Right);
    }

    private void AddWord(List<int> symbols, long count)
    {
        if (symbols.Count < 2)
            return;
        words.Add(new Word(symbols, count));
        for (var i = 1; i < symbols.Count; i++)
            Use((symbols[i - 1], symbols[i]), words.Count - 1, count);
    }

    private PairUse Use((int, int) pair, int word, long count)
    {
        if (!uses.TryGetValue(pair, out var use))
            uses[pair] = use = new PairUse();
        use.Count += count;
        if (count > 0)
            use.Words.Add(word);
        return use;
    }

    private void Enqueue((int Left, int Right) pair, long count)
    {
        if (count >= LeastCount)
            queue.Enqueue((pair, count), (count, pieces[pair.Left], pieces[pair.Right]));
    }

    private void Merge((int Left, int Right) pair, PairUse use, int merged)
    {
        var changed = new HashSet<(int, int)>();
        foreach (var index in use.Words)
        {
            var (symbols, count) = (words[index].Symbols, words[index].Count);
            if (!Contains(symbols, pair))
                continue;
            for (var i = 1; i < symbols.Count; i++)
                Change((symbols[i - 1], symbols[i]), -count);
            Replace(symbols, pair, merged);
            for (var i = 1; i < symbols.Count; i++)
                Change((symbols[i - 1], symbols[i]), count);

            void Change((int, int) neighbours, long by)
            {
                Use(neighbours, index, by);
                changed.Add(neighbours);
            }
        }
        uses.Remove(pair);
        changed.Remove(pair);
        foreach (var neighbours in changed)
            Enqueue(neighbours, uses[neighbours].Count);
    }

    private static bool Contains(List<int> symbols, (int Left, int Right) pair)
    {
        for (var i = 1; i < symbols.Count; i++)
            if (symbols[i - 1] == pair.Left && symbols[i] == pair.Right)
                return true;
        return false;
    }

    private static void Replace(List<int> symbols, (int Left, int Right) pair, int merged)
    {
        var to = 0;
        for (var i = 0; i < symbols.Count; i++)
        {
            var matches = i + 1 < symbols.Count && symbols[i] == pair.Left && symbols[i + 1] == pair.Right;
            symbols[to++] = matches ? merged : symbols[i];
            if (matches)
                i++;
        }
        symbols.RemoveRange(to, symbols.Count - to);
    }
}
