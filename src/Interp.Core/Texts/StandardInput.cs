using System.Security.Cryptography;
using Interp.Runtime;

namespace Interp.Texts;

/// <summary>
/// A corpus from standard input. It is first written to a file named for its content, because its digest must be known before work
/// begins and a run reads it more than once.
/// </summary>
public static class StandardInput
{
    private const int Head = 4096;

    /// <summary>Reads standard input to its end.</summary>
    /// <param name="ending">Ending of the file's name, such as <c>.csv</c>, which says what it is; empty: what the first bytes tell (gzip: JSON lines; a brace: JSON lines; Parquet's mark; else plain text).</param>
    /// <param name="folder">Where the file goes; made when it is not there.</param>
    /// <returns>Path of the file.</returns>
    /// <exception cref="InterpException">Nothing is piped in, the ending is not read, or the folder cannot be written.</exception>
    public static string Spool(string ending, string folder)
    {
        if (!Console.IsInputRedirected)
            throw new InterpException("The corpus is standard input (-), but nothing is piped in; pipe text in, or name a file.");
        using var input = Console.OpenStandardInput();
        return Spool(input, ending, folder);
    }

    /// <summary>The same for any stream.</summary>
    public static string Spool(Stream input, string ending, string folder)
    {
        if (ending.Length > 0 && !TextFiles.IsServed("x" + ending))
            throw new InterpException($"The corpus -{ending} is standard input of a kind that is not read; give - with one of {TextFormat.AllEndings}.");
        Directory.CreateDirectory(folder);
        var temporary = Path.Combine(folder, $"{Guid.NewGuid():n}.tmp");
        try
        {
            var (head, digest) = Copy(input, temporary);
            var file = Path.Combine(folder, digest + (ending.Length > 0 ? ending : EndingOf(head)));
            File.Move(temporary, file, overwrite: true);
            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InterpException($"Standard input cannot be kept in {folder}: {e.Message}", e);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static (byte[] Head, string Digest) Copy(Stream input, string path)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var output = File.Create(path);
        var (buffer, head) = (new byte[1 << 16], new List<byte>(Head));
        for (var count = input.Read(buffer); count > 0; count = input.Read(buffer))
        {
            head.AddRange(buffer.AsSpan(0, Math.Min(count, Head - head.Count)));
            hash.AppendData(buffer, 0, count);
            output.Write(buffer, 0, count);
        }
        return ([.. head], Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    private static string EndingOf(ReadOnlySpan<byte> head)
    {
        if (head is [0x1f, 0x8b, ..])
            return ".jsonl.gz";
        if (head.StartsWith("PAR1"u8))
            return ".parquet";
        var text = head.StartsWith("\uFEFF"u8) ? head[3..] : head;
        return text.TrimStart(" \t\r\n"u8) is [(byte)'{', ..] ? ".jsonl" : ".txt";
    }
}
