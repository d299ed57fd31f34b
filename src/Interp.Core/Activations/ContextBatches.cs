namespace Interp.Activations;

/// <summary>
/// Which contexts go through the model together. Contexts that follow each other form groups, and those of a group its passes, so that
/// what a pass computes depends on nothing but the contexts and the batch. Full contexts are a pass as they come. Of contexts of several
/// lengths, a group is some thousand rows, and those of like lengths pass together: at most a twentieth of a pass is padding.
/// </summary>
/// <param name="contexts">The tokens.</param>
/// <param name="batch">Contexts of full length that a pass has room for.</param>
public sealed class ContextBatches(TokenContexts contexts, int batch)
{
    private const int RaggedRows = 1 << 14;

    /// <summary>A pass has this many positions for each that is padding, or more.</summary>
    private const int PositionsPerPadding = 20;

    private readonly int[] firsts = Firsts(contexts, RowsOfGroup(contexts.Length, batch, contexts.IsRagged), batch);

    /// <summary>Number of groups.</summary>
    public int Count => firsts.Length;

    /// <summary>The most rows of a group.</summary>
    public int RowsPerGroup => RowsOfGroup(contexts.Length, batch, contexts.IsRagged);

    /// <summary>The most rows of a group of contexts.</summary>
    /// <param name="length">Positions of a full context.</param>
    /// <param name="batch">Full contexts of a pass.</param>
    /// <param name="ragged">Whether contexts have several lengths.</param>
    public static int RowsOfGroup(int length, int batch, bool ragged) => ragged ? Math.Max(batch * length, RaggedRows) : batch * length;

    /// <summary>First row and number of rows of some groups that follow each other.</summary>
    public (int Start, int Count) RowsOf(int group, int groups = 1)
    {
        var start = StartOf(group);
        return (start, StartOf(group + groups) - start);
    }

    /// <summary>The group that a row belongs to.</summary>
    public int GroupOf(int row)
    {
        var context = contexts.ContextOf(row);
        if (!contexts.IsRagged)
            return context / batch;
        var found = Array.BinarySearch(firsts, context);
        return found >= 0 ? found : ~found - 1;
    }

    /// <summary>The contexts of each pass of a group.</summary>
    public IEnumerable<int[]> Passes(int group)
    {
        var end = group + 1 < Count ? firsts[group + 1] : contexts.Count;
        var all = Enumerable.Range(firsts[group], end - firsts[group]);
        return contexts.IsRagged ? ByLength(all) : [[.. all]];
    }

    /// <summary>From the longest on, a pass takes the next ones while it has room and little enough is padding.</summary>
    private IEnumerable<int[]> ByLength(IEnumerable<int> all)
    {
        var pass = new List<int>();
        var (longest, filled) = (0, 0);
        foreach (var context in all.OrderByDescending(context => contexts.RowsOf(context).Count).ThenBy(context => context))
        {
            var length = contexts.RowsOf(context).Count;
            var positions = (pass.Count + 1) * longest;
            if (pass.Count > 0 && (positions > batch * contexts.Length || (positions - filled - length) * PositionsPerPadding > positions))
            {
                yield return [.. pass];
                pass.Clear();
            }
            if (pass.Count == 0)
                (longest, filled) = (length, 0);
            pass.Add(context);
            filled += length;
        }
        yield return [.. pass];
    }

    private int StartOf(int group) => group < Count ? contexts.RowsOf(firsts[group]).Start : contexts.Rows;

    private static int[] Firsts(TokenContexts contexts, int rows, int batch)
    {
        if (!contexts.IsRagged)
            return [.. Enumerable.Range(0, (contexts.Count + batch - 1) / batch).Select(group => group * batch)];
        var firsts = new List<int>();
        var start = -rows;
        for (var context = 0; context < contexts.Count; context++)
        {
            var (first, count) = contexts.RowsOf(context);
            if (first + count - start > rows)
            {
                firsts.Add(context);
                start = first;
            }
        }
        return [.. firsts];
    }
}
