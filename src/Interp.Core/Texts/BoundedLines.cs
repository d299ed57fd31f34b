using System.IO.Compression;
using System.Text;
using Interp.Runtime;

namespace Interp.Texts;

/// <summary>The lines of a text file or of a compressed one, with a bound on their length, so that a hostile file ends in an error.</summary>
internal static class BoundedLines
{
    private const int LongestLine = 1 << 26;

    public static IEnumerable<string> Read(string file)
    {
        using var reader = Open(file);
        var (line, buffer, afterReturn, number) = (new StringBuilder(), new char[1 << 16], false, 1);
        for (var count = Fill(); count > 0; count = Fill())
        {
            var start = 0;
            for (var i = 0; i < count; i++)
            {
                if (buffer[i] is not ('\n' or '\r'))
                {
                    afterReturn = false;
                    continue;
                }
                var secondOfPair = buffer[i] == '\n' && afterReturn;
                afterReturn = buffer[i] == '\r';
                if (!secondOfPair)
                {
                    yield return line.Append(buffer, start, i - start).ToString();
                    line.Clear();
                    number++;
                }
                start = i + 1;
            }
            line.Append(buffer, start, count - start);
            if (line.Length > LongestLine)
                throw new InterpException(FormattableString.Invariant($"{file}, line {number}, is longer than {LongestLine} characters; break it up."));
        }
        if (line.Length > 0)
            yield return line.ToString();

        int Fill()
        {
            try
            {
                return reader.ReadBlock(buffer);
            }
            catch (Exception e) when (e is IOException or InvalidDataException)
            {
                throw new InterpException(FormattableString.Invariant($"The corpus file {file} cannot be read from line {number} on; it is damaged: {e.Message}"), e);
            }
        }
    }

    /// <summary>Opens a text file, UTF-8 with or without compression (<c>.gz</c>).</summary>
    /// <exception cref="InterpException">It cannot be read; reading ends with one where bytes are no UTF-8.</exception>
    public static StreamReader Open(string file)
    {
        try
        {
            Stream stream = File.OpenRead(file);
            if (file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
                stream = new GZipStream(stream, CompressionMode.Decompress);
            return new StreamReader(new Utf8Stream(stream, file), Encoding.UTF8, detectEncodingFromByteOrderMarks: false, 1 << 16);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InterpException($"The corpus file {file} cannot be read: {e.Message}", e);
        }
    }
}
