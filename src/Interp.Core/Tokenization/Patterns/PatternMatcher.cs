using Interp.Runtime;

namespace Interp.Tokenization.Patterns;

/// <summary>
/// Runs a compiled pattern by backtracking with a stack of its own. The number of steps is bounded in proportion to the text, so that an
/// expression with exponential or cubic cost is an error and never a hang.
/// </summary>
internal ref struct PatternMatcher(string source, PatternProgram program, ReadOnlySpan<int> text)
{
    private const long FreeSteps = 20_000_000;
    private const long StepsPerCodePoint = 200;

    private enum FrameKind { Resume, Greedy, Lazy, Restore }

    private record struct Frame(FrameKind Kind, int Counter, int Position, int Limit);

    private readonly ReadOnlySpan<int> text = text;
    private readonly Instruction[] code = program.Code;
    private readonly int[] marks = new int[program.Marks];
    private long budget = FreeSteps + StepsPerCodePoint * text.Length;
    private Frame[] stack = new Frame[32];
    private int top;

    /// <summary>The end of the match that begins at a position, or -1.</summary>
    public int Match(int start)
    {
        top = 0;
        return Run(0, start);
    }

    private int Run(int counter, int position)
    {
        var floor = top;
        while (true)
        {
            Spend(1);
            ref readonly var instruction = ref code[counter];
            var matched = true;
            switch (instruction.Operation)
            {
                case Operation.One:
                    if (matched = position < text.Length && instruction.Set!.Contains(text[position]))
                    {
                        position++;
                        counter++;
                    }
                    break;
                case Operation.Split:
                    counter = Choose(in instruction, position);
                    break;
                case Operation.Jump:
                    counter = instruction.A;
                    break;
                case Operation.RunGreedy or Operation.RunLazy or Operation.RunPossessive:
                    matched = TakeRun(in instruction, ref counter, ref position);
                    break;
                case Operation.Mark:
                    Push(new Frame(FrameKind.Restore, instruction.A, marks[instruction.A], 0));
                    marks[instruction.A] = position;
                    counter++;
                    break;
                case Operation.Progress:
                    // A round of a loop that consumed nothing ends the loop: the jump back is left out.
                    counter += marks[instruction.A] == position ? 2 : 1;
                    break;
                case Operation.At:
                    matched = Holds((Anchor)instruction.A, position);
                    counter++;
                    break;
                case Operation.Accept:
                    top = floor;
                    return position;
                default:
                    matched = Inner(in instruction, ref counter, ref position);
                    break;
            }
            if (!matched && !Backtrack(floor, ref counter, ref position))
                return -1;
        }
    }

    private int Choose(in Instruction split, int position)
    {
        if (position < text.Length)
        {
            if (!split.FirstA.Contains(text[position]))
                return split.B;
            if (!split.FirstB.Contains(text[position]))
                return split.A;
        }
        Push(new Frame(FrameKind.Resume, split.B, position, 0));
        return split.A;
    }

    private bool TakeRun(in Instruction run, ref int counter, ref int position)
    {
        var lazy = run.Operation == Operation.RunLazy;
        var most = Math.Min(lazy ? run.A : run.B, text.Length - position);
        var length = 0;
        while (length < most && run.Set!.Contains(text[position + length]))
            length++;
        Spend(length >> 2);
        if (length < run.A)
            return false;
        if (lazy)
            Push(new Frame(FrameKind.Lazy, counter, position + length, run.B - run.A));
        else if (length > run.A && run.Operation == Operation.RunGreedy)
            Push(new Frame(FrameKind.Greedy, counter + 1, position + length, position + run.A));
        position += length;
        counter++;
        return true;
    }

    private bool Inner(in Instruction inner, ref int counter, ref int position)
    {
        var start = position - inner.B;
        var end = start < 0 ? -1 : Run(counter + 1, start);
        counter = inner.A;
        switch (inner.Operation)
        {
            case Operation.LookAhead or Operation.LookBehind:
                return end >= 0;
            case Operation.NoLookAhead or Operation.NoLookBehind:
                return end < 0;
            default:
                position = end;
                return end >= 0;
        }
    }

    private bool Backtrack(int floor, ref int counter, ref int position)
    {
        while (top > floor)
        {
            Spend(1);
            var frame = stack[--top];
            switch (frame.Kind)
            {
                case FrameKind.Restore:
                    marks[frame.Counter] = frame.Position;
                    continue;
                case FrameKind.Greedy:
                    if (frame.Position - 1 > frame.Limit)
                        Push(frame with { Position = frame.Position - 1 });
                    (counter, position) = (frame.Counter, frame.Position - 1);
                    return true;
                case FrameKind.Lazy:
                    if (frame.Limit == 0 || frame.Position >= text.Length || !code[frame.Counter].Set!.Contains(text[frame.Position]))
                        continue;
                    Push(frame with { Position = frame.Position + 1, Limit = frame.Limit - 1 });
                    (counter, position) = (frame.Counter + 1, frame.Position + 1);
                    return true;
                default:
                    (counter, position) = (frame.Counter, frame.Position);
                    return true;
            }
        }
        return false;
    }

    private readonly bool Holds(Anchor anchor, int position) => anchor switch
    {
        Anchor.LineStart => position == 0 || (text[position - 1] == '\n' && position < text.Length),
        Anchor.LineEnd => position == text.Length || text[position] == '\n',
        Anchor.TextStart => position == 0,
        Anchor.TextEnd => position == text.Length,
        Anchor.TextEndOrLastNewline => position == text.Length || (position == text.Length - 1 && text[position] == '\n'),
        Anchor.WordBoundary => IsWordAt(position - 1) != IsWordAt(position),
        _ => IsWordAt(position - 1) == IsWordAt(position),
    };

    private readonly bool IsWordAt(int position) => position >= 0 && position < text.Length && CodePoints.IsWord(text[position]);

    private void Push(Frame frame)
    {
        if (top == stack.Length)
            Array.Resize(ref stack, top * 2);
        stack[top++] = frame;
    }

    private void Spend(int steps)
    {
        if ((budget -= steps) < 0)
            throw new InterpException($"The regular expression {Pattern.Short(source)} takes too long on a text of {text.Length} characters; it backtracks without bound.");
    }
}
