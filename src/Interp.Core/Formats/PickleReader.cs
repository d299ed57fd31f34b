using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Interp.Runtime;

namespace Interp.Formats;

/// <summary>A name that a pickle refers to; it stands for a type and is never called.</summary>
internal sealed record PickleGlobal(string Module, string Name)
{
    public override string ToString() => $"{Module}.{Name}";
}

/// <summary>
/// Reads a pickle as data: numbers, text, lists, tuples, dictionaries, and what a caller makes of the few names that it knows.
/// Every other opcode or name is an error; nothing is imported or executed.
/// </summary>
/// <param name="path">What errors call the file.</param>
/// <param name="data">The pickle.</param>
/// <param name="isKnown">Whether a name may occur.</param>
/// <param name="reduce">Makes the value of a known name applied to a tuple; null when the two do not fit.</param>
/// <param name="persistent">Makes the value of a persistent id; null when it is none that is known.</param>
/// <remarks>Values are null, bool, long, double, string, <c>List&lt;object?&gt;</c>, <c>object?[]</c> (a tuple),
/// <c>Dictionary&lt;object, object?&gt;</c>, <see cref="PickleGlobal"/>, and what the two functions return.</remarks>
internal sealed class PickleReader(
    string path, byte[] data, Func<PickleGlobal, bool> isKnown, Func<PickleGlobal, object?[], object?> reduce, Func<object?, object?> persistent)
{
    private static readonly object Mark = new();
    private readonly List<object?> stack = [];
    private readonly Dictionary<long, object?> memo = [];
    private int at;

    /// <summary>The value of the pickle.</summary>
    /// <exception cref="InterpException">The pickle is damaged, or holds something else than data.</exception>
    public object? Read()
    {
        while (true)
        {
            var code = Bytes(1)[0];
            if (code == (byte)'.')
                return Pop();
            Step(code);
        }
    }

    private void Step(byte code)
    {
        switch ((char)code)
        {
            case '\x80': Bytes(1); break;
            case '\x95': Bytes(8); break;
            case 'N': stack.Add(null); break;
            case '\x88': stack.Add(true); break;
            case '\x89': stack.Add(false); break;
            case 'J': stack.Add((long)BinaryPrimitives.ReadInt32LittleEndian(Bytes(4))); break;
            case 'K': stack.Add((long)Bytes(1)[0]); break;
            case 'M': stack.Add((long)BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2))); break;
            case '\x8a': stack.Add(Long(Bytes(Bytes(1)[0]))); break;
            case 'G': stack.Add(BinaryPrimitives.ReadDoubleBigEndian(Bytes(8))); break;
            case 'X': stack.Add(Text(BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4)))); break;
            case '\x8c': stack.Add(Text(Bytes(1)[0])); break;
            case ']': stack.Add(new List<object?>()); break;
            case '}': stack.Add(new Dictionary<object, object?>()); break;
            case ')': stack.Add(Array.Empty<object?>()); break;
            case '(': stack.Add(Mark); break;
            case 't': stack.Add(ToMark()); break;
            case '\x85': stack.Add(Last(1)); break;
            case '\x86': stack.Add(Last(2)); break;
            case '\x87': stack.Add(Last(3)); break;
            case 'a': Append([Pop()]); break;
            case 'e': Append(ToMark()); break;
            case 's': Set(Last(2)); break;
            case 'u': Set(ToMark()); break;
            case 'q': memo[Bytes(1)[0]] = Top(); break;
            case 'r': memo[BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4))] = Top(); break;
            case '\x94': memo[memo.Count] = Top(); break;
            case 'h': stack.Add(Remembered(Bytes(1)[0])); break;
            case 'j': stack.Add(Remembered(BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4)))); break;
            case 'c': stack.Add(Global(Line(), Line())); break;
            case '\x93': stack.Add(Last(2) is [string module, string name] ? Global(module, name) : throw Damaged()); break;
            case 'Q': stack.Add(persistent(Pop()) ?? throw Refused("a persistent id that is no storage of a tensor")); break;
            case 'b': SetState(Pop()); break;
            case 'R': stack.Add(Last(2) is [PickleGlobal called, object?[] arguments] ? reduce(called, arguments) ?? throw Refused($"a call of {called} that makes no tensor") : throw Damaged()); break;
            default: throw Refused($"the opcode 0x{code:x2} at byte {at - 1}");
        }
    }

    private ReadOnlySpan<byte> Bytes(int count)
    {
        if (count > data.Length - at)
            throw Damaged();
        at += count;
        return data.AsSpan(at - count, count);
    }

    private string Text(long length) => length <= data.Length - at ? Encoding.UTF8.GetString(Bytes((int)length)) : throw Damaged();

    private string Line()
    {
        var length = data.AsSpan(at).IndexOf((byte)'\n');
        if (length < 0)
            throw Damaged();
        var line = Text(length);
        at++;
        return line;
    }

    private long Long(ReadOnlySpan<byte> bytes) => bytes.Length <= 8 ? (long)new BigInteger(bytes) : throw Refused("a whole number of more than 64 bits");

    private object? Top() => stack.Count > 0 && stack[^1] != Mark ? stack[^1] : throw Damaged();

    private object? Pop() => Last(1)[0];

    private object?[] Last(int count)
    {
        if (count > stack.Count)
            throw Damaged();
        object?[] values = [.. stack[^count..]];
        if (Array.IndexOf(values, Mark) >= 0)
            throw Damaged();
        stack.RemoveRange(stack.Count - count, count);
        return values;
    }

    private object?[] ToMark()
    {
        var mark = stack.LastIndexOf(Mark);
        if (mark < 0)
            throw Damaged();
        var values = Last(stack.Count - mark - 1);
        stack.RemoveAt(mark);
        return values;
    }

    private void Append(object?[] values)
    {
        if (Top() is not List<object?> list)
            throw Damaged();
        list.AddRange(values);
    }

    private void Set(object?[] pairs)
    {
        if (Top() is not Dictionary<object, object?> fields || pairs.Length % 2 != 0)
            throw Damaged();
        foreach (var pair in pairs.Chunk(2))
            fields[pair[0] is string or long ? pair[0]! : throw Refused("a dictionary whose keys are neither text nor whole numbers")] = pair[1];
    }

    /// <summary>An ordered dictionary may carry attributes (a state_dict's <c>_metadata</c>); they are not data, and left out.</summary>
    private void SetState(object? state)
    {
        if (Top() is not Dictionary<object, object?> || state is not Dictionary<object, object?>)
            throw Refused("a state that is not that of an ordered dictionary");
    }

    private object? Remembered(long index) => memo.TryGetValue(index, out var value) ? value : throw Damaged();

    private PickleGlobal Global(string module, string name) =>
        new PickleGlobal(module, name) is var global && isKnown(global) ? global : throw Refused($"the name {global}");

    private InterpException Refused(string what) =>
        new($"{path} holds {what}, which is not data; only lists of tensors, numbers and text are read, and nothing is executed.");

    private InterpException Damaged() => new($"{path} holds a pickle that is damaged at byte {at}; write the file again.");
}
