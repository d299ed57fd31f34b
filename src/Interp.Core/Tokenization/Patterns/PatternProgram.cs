using Interp.Runtime;

namespace Interp.Tokenization.Patterns;

internal enum Operation
{
    One, Split, Jump, RunGreedy, RunLazy, RunPossessive, Mark, Progress, LookAhead, NoLookAhead, LookBehind, NoLookBehind, Atomic, At, Accept,
}

/// <summary>One step of a compiled pattern; what the numbers mean depends on the operation.</summary>
internal readonly record struct Instruction(Operation Operation, int A = 0, int B = 0, CodePointSet? Set = null, FirstSet FirstA = default, FirstSet FirstB = default);

/// <summary>Which code points can begin a match: exact for ASCII, all or none above it.</summary>
internal readonly record struct FirstSet(ulong Low, ulong High, bool Above)
{
    public static readonly FirstSet All = new(ulong.MaxValue, ulong.MaxValue, true);

    public bool Contains(int point) =>
        point < 64 ? (Low >> point & 1) != 0 : point < 128 ? (High >> (point - 64) & 1) != 0 : Above;

    public FirstSet Union(FirstSet other) => new(Low | other.Low, High | other.High, Above || other.Above);

    public static FirstSet Of(PatternNode node) => node switch
    {
        _ when node.IsNullable => All,
        PatternNode.One(var set) => Of(set),
        PatternNode.Sequence(var items) => OfSequence(items),
        PatternNode.Choice(var branches) => branches.Select(Of).Aggregate((a, b) => a.Union(b)),
        PatternNode.Repeat(var body, _, _, _) => Of(body),
        PatternNode.Atomic(var body) => Of(body),
        _ => All,
    };

    private static FirstSet OfSequence(IReadOnlyList<PatternNode> items)
    {
        var result = default(FirstSet);
        foreach (var item in items)
        {
            if (item is PatternNode.At or PatternNode.Look)
                continue;
            if (item is PatternNode.Repeat { Least: 0 } optional && !optional.Body.IsNullable)
            {
                result = result.Union(Of(optional.Body));
                continue;
            }
            return result.Union(Of(item));
        }
        return All;
    }

    private static FirstSet Of(CodePointSet set)
    {
        ulong low = 0, high = 0;
        for (var i = 0; i < 64; i++)
        {
            low |= set.Contains(i) ? 1UL << i : 0;
            high |= set.Contains(i + 64) ? 1UL << i : 0;
        }
        return new FirstSet(low, high, true);
    }
}

/// <summary>Compiles the tree of a pattern into instructions.</summary>
internal sealed class PatternProgram
{
    private const int MaxSize = 50_000;

    private readonly string pattern;
    private readonly List<Instruction> code = [];

    private PatternProgram(string pattern) => this.pattern = pattern;

    /// <summary>The number of positions that <see cref="Operation.Mark"/> remembers.</summary>
    public int Marks { get; private set; }

    public Instruction[] Code { get; private set; } = [];

    public static PatternProgram Compile(string pattern, PatternNode node)
    {
        var program = new PatternProgram(pattern);
        program.Emit(node);
        program.Add(new Instruction(Operation.Accept));
        program.Code = [.. program.code];
        return program;
    }

    private int Add(Instruction instruction)
    {
        if (code.Count >= MaxSize)
            throw new InterpException($"The regular expression {Pattern.Short(pattern)} is too large when its repetitions are written out.");
        code.Add(instruction);
        return code.Count - 1;
    }

    private void Emit(PatternNode node)
    {
        switch (node)
        {
            case PatternNode.One(var set):
                Add(new Instruction(Operation.One, Set: set));
                break;
            case PatternNode.Sequence(var items):
                foreach (var item in items)
                    Emit(item);
                break;
            case PatternNode.Choice(var branches):
                EmitChoice(branches);
                break;
            case PatternNode.Repeat repeat:
                EmitRepeat(repeat);
                break;
            case PatternNode.Look look:
                EmitLook(look);
                break;
            case PatternNode.Atomic(var body):
                EmitInner(Operation.Atomic, body, 0);
                break;
            case PatternNode.At(var anchor):
                Add(new Instruction(Operation.At, (int)anchor));
                break;
        }
    }

    private void EmitChoice(IReadOnlyList<PatternNode> branches)
    {
        var jumps = new List<int>();
        var first = branches.Select(FirstSet.Of).ToArray();
        var rest = new FirstSet[branches.Count + 1];
        for (var i = branches.Count - 1; i >= 0; i--)
            rest[i] = first[i].Union(rest[i + 1]);
        for (var i = 0; i < branches.Count; i++)
        {
            if (i == branches.Count - 1)
            {
                Emit(branches[i]);
                break;
            }
            var split = Add(default);
            Emit(branches[i]);
            jumps.Add(Add(default));
            code[split] = new Instruction(Operation.Split, split + 1, code.Count, FirstA: first[i], FirstB: rest[i + 1]);
        }
        foreach (var jump in jumps)
            code[jump] = new Instruction(Operation.Jump, code.Count);
    }

    private void EmitRepeat(PatternNode.Repeat repeat)
    {
        var (body, least, most, kind) = repeat;
        if (body is PatternNode.One(var set))
        {
            var operation = kind switch
            {
                Repetition.Greedy => Operation.RunGreedy,
                Repetition.Lazy => Operation.RunLazy,
                _ => Operation.RunPossessive,
            };
            Add(new Instruction(operation, least, most, set));
            return;
        }
        if (kind == Repetition.Possessive)
        {
            EmitInner(Operation.Atomic, repeat with { Kind = Repetition.Greedy }, 0);
            return;
        }
        for (var i = 0; i < least; i++)
        {
            var before = code.Count;
            Emit(body);
            if (code.Count == before)
                return;
        }
        if (most == int.MaxValue)
            EmitLoop(body, kind);
        else
            EmitOptional(body, most - least, kind);
    }

    private void EmitLoop(PatternNode body, Repetition kind)
    {
        var split = Add(default);
        var mark = body.IsNullable ? Marks++ : -1;
        if (mark >= 0)
            Add(new Instruction(Operation.Mark, mark));
        Emit(body);
        if (mark >= 0)
            Add(new Instruction(Operation.Progress, mark));
        Add(new Instruction(Operation.Jump, split));
        code[split] = SplitTo(split + 1, code.Count, body, kind);
    }

    private void EmitOptional(PatternNode body, int count, Repetition kind)
    {
        var splits = new List<int>();
        for (var i = 0; i < count; i++)
        {
            splits.Add(Add(default));
            Emit(body);
        }
        foreach (var split in splits)
            code[split] = SplitTo(split + 1, code.Count, body, kind);
    }

    private static Instruction SplitTo(int enter, int leave, PatternNode body, Repetition kind) => kind == Repetition.Greedy
        ? new Instruction(Operation.Split, enter, leave, FirstA: FirstSet.Of(body), FirstB: FirstSet.All)
        : new Instruction(Operation.Split, leave, enter, FirstA: FirstSet.All, FirstB: FirstSet.Of(body));

    private void EmitLook(PatternNode.Look look)
    {
        if (!look.Behind)
        {
            EmitInner(look.Negative ? Operation.NoLookAhead : Operation.LookAhead, look.Body, 0);
            return;
        }
        IReadOnlyList<PatternNode> branches = look.Body is PatternNode.Choice(var several) ? several : [look.Body];
        if (look.Negative)
        {
            foreach (var branch in branches)
                EmitInner(Operation.NoLookBehind, branch, LengthBehind(branch));
            return;
        }
        EmitChoice([.. branches.Select(branch => branch.FixedLength is null ? throw Variable() : (PatternNode)new PatternNode.Look(branch, true, false))], branches);
    }

    private void EmitChoice(IReadOnlyList<PatternNode> looks, IReadOnlyList<PatternNode> branches)
    {
        if (looks.Count == 1)
            EmitInner(Operation.LookBehind, branches[0], LengthBehind(branches[0]));
        else
            EmitChoice(looks);
    }

    private int LengthBehind(PatternNode branch) => branch.FixedLength ?? throw Variable();

    private InterpException Variable() => new($"The regular expression {Pattern.Short(pattern)} looks behind over a length that varies, which is not served.");

    /// <summary>Emits a part that is matched by itself, from <paramref name="back"/> code points before the position.</summary>
    private void EmitInner(Operation operation, PatternNode body, int back)
    {
        var outer = Add(default);
        Emit(body);
        Add(new Instruction(Operation.Accept));
        code[outer] = new Instruction(operation, code.Count, back);
    }
}
