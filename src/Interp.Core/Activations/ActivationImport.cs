using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Interp.Formats;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Activations;

/// <summary>Makes an activation store of arrays that others made; a stopped import goes on where it stopped.</summary>
public static class ActivationImport
{
    private const long BytesPerShard = 64 << 20;

    /// <summary>The digests of model and tokenizer in the manifest of an imported store: nobody knows them.</summary>
    public const string Unknown = "imported";

    /// <summary>Imports files, in the order given.</summary>
    /// <param name="files">
    /// <c>.npy</c> and <c>.safetensors</c> arrays [tokens, width] or [texts, tokens, width], or files of <c>torch.save</c> with lists of
    /// such tensors, or of records of a tensor with its token ids.
    /// </param>
    /// <param name="hook">Where in a model they come from.</param>
    /// <param name="folder">The store; created when absent.</param>
    /// <param name="dtype">How the store keeps them.</param>
    /// <param name="context">Tokens of a text, where the files do not say; null: every token stands alone.</param>
    /// <param name="tokenIds">A .npy file with the token ids of all files together; null: those in the files, if all have them.</param>
    /// <param name="progress">Is told how many tokens of how many are done.</param>
    /// <param name="cancel">Asks to stop; what is done stays.</param>
    /// <exception cref="InterpException">A file is damaged, the widths differ, a number is not finite, or the store cannot be written.</exception>
    public static void Run(IReadOnlyList<string> files, string hook, string folder, StoreDtype dtype = StoreDtype.Float32, int? context = null,
        string? tokenIds = null, Action<long, long>? progress = null, CancellationToken cancel = default)
    {
        var opened = new List<ImportFile>();
        try
        {
            foreach (var file in files)
                opened.Add(ImportFile.Open(file));
            Write([.. opened.SelectMany(file => file.Parts).Where(part => part.Rows > 0)]);
        }
        finally
        {
            opened.ForEach(file => file.Dispose());
        }

        void Write(ImportPart[] parts)
        {
            var width = parts[0].Width;
            if (Array.Find(parts, part => part.Width != width) is { } other)
                throw new InterpException($"The files hold activations of width {width} and of width {other.Width}; import those of one hook.");
            var total = parts.Sum(part => part.Rows);
            if (total > int.MaxValue)
                throw new InterpException($"The files hold {total} tokens; import at most {int.MaxValue} into one store.");
            var columns = Columns.Of(parts, context, tokenIds);
            using var store = StoreBuilder.Open(folder, new StoreManifest
            {
                Model = Unknown,
                Tokenizer = Unknown,
                Corpus = DigestOf(files),
                Contexts = columns.Contexts.Digest(),
                Hook = hook,
                Dtype = dtype.NameOf(),
                Precision = Unknown,
                Device = Unknown,
                Shape = [total, width],
                ContextLength = columns.Contexts.Length,
                BatchContexts = 1,
                WithoutTokens = columns.WithoutTokens,
                Origin = new Dictionary<string, string> { ["files"] = string.Join(", ", files.Select(Path.GetFileName)) },
                Shards = [],
            }, SafeTensorsWriter.BeginHashed);

            var rowsPerShard = (int)Math.Max(1, BytesPerShard / (4L * width));
            var count = (int)((total + rowsPerShard - 1) / rowsPerShard);
            for (var shard = 0; shard < count; shard++)
            {
                cancel.ThrowIfCancellationRequested();
                var (start, rows) = (shard * rowsPerShard, (int)Math.Min(rowsPerShard, total - (long)shard * rowsPerShard));
                if (!store.Holds(shard, rows))
                {
                    using var scope = NewDisposeScope();
                    var values = Gathered(parts, start, rows, width);
                    Extraction.RequireFinite(values, hook);
                    store.Add(shard, values, columns.Of(start, rows));
                }
                progress?.Invoke(start + rows, total);
            }
            store.Complete(count);
        }
    }

    /// <summary>Rows from one on, across parts [rows, width] float32.</summary>
    private static Tensor Gathered(ImportPart[] parts, long start, int rows, int width)
    {
        var values = empty([rows, width], dtype: ScalarType.Float32, device: CPU);
        var first = 0L;
        foreach (var part in parts)
        {
            var (from, to) = (Math.Max(start, first), Math.Min(start + rows, first + part.Rows));
            if (from < to)
            {
                using var read = part.Read(from - first, to - from);
                using var place = values.narrow(0, from - start, to - from);
                place.copy_(read);
            }
            first += part.Rows;
        }
        return values;
    }

    private static string DigestOf(IEnumerable<string> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files)
            hash.AppendData(Encoding.ASCII.GetBytes(ActivationStore.ChecksumOf(file)));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Token ids, documents and positions of all rows.</summary>
    private sealed record Columns(TokenContexts Contexts, bool WithoutTokens)
    {
        public static Columns Of(ImportPart[] parts, int? context, string? tokenIds)
        {
            var rows = (int)parts.Sum(part => part.Rows);
            var (documents, positions) = (new int[rows], new int[rows]);
            var (at, document) = (0, 0);
            var longest = parts.Max(part => part.TextLength ?? context ?? 1);
            foreach (var part in parts)
            {
                var length = part.TextLength ?? context ?? 1;
                for (var row = 0L; row < part.Rows; row++, at++)
                    (documents[at], positions[at]) = (document + (int)(row / length), (int)(row % length));
                document += (int)((part.Rows + length - 1) / length);
            }
            int[]? tokens = tokenIds is not null
                ? Given(tokenIds, rows)
                : Array.TrueForAll(parts, part => part.Tokens is not null) ? [.. parts.SelectMany(part => part.Tokens!)] : null;
            return new Columns(TokenContexts.Of((int)longest, tokens ?? new int[rows], documents, positions), tokens is null);
        }

        public KeyValuePair<string, Tensor>[] Of(int start, int rows)
        {
            Tensor Column(ReadOnlySpan<int> values) => tensor(values.Slice(start, rows).ToArray(), ScalarType.Int32, CPU);
            KeyValuePair<string, Tensor>[] columns = [new("document", Column(Contexts.Documents)), new("position", Contexts.Positions(start, rows))];
            return WithoutTokens ? columns : [new("token_ids", Column(Contexts.Tokens)), .. columns];
        }

        private static int[] Given(string path, int rows)
        {
            using var file = Npy.Open(path);
            using var ids = file.Whole();
            var tokens = ImportFile.Whole(path, ids);
            return tokens.Length == rows
                ? tokens
                : throw new InterpException(string.Create(CultureInfo.InvariantCulture, $"{path} has {tokens.Length} token ids for {rows} tokens; give one per token."));
        }
    }
}
