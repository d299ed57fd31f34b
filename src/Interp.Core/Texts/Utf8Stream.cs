using System.Text;
using System.Text.Unicode;
using Interp.Runtime;

namespace Interp.Texts;

/// <summary>Gives the bytes of a stream as they are, and refuses the first that is not UTF-8.</summary>
/// <param name="source">The bytes, uncompressed; owned.</param>
/// <param name="file">The file they come from, for the error.</param>
internal sealed class Utf8Stream(Stream source, string file) : Stream
{
    private byte[] begun = [];
    private long offset;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="InterpException">Bytes are not UTF-8.</exception>
    public override int Read(Span<byte> buffer)
    {
        var count = source.Read(buffer);
        if (count > 0)
            Check([.. begun, .. buffer[..count]]);
        else if (begun.Length > 0 && buffer.Length > 0)
            throw Fault(offset);
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            source.Dispose();
        base.Dispose(disposing);
    }

    private void Check(ReadOnlySpan<byte> bytes)
    {
        var whole = bytes[..^BegunAtEnd(bytes)];
        if (!Utf8.IsValid(whole))
            throw Fault(offset + FirstInvalid(whole));
        offset += whole.Length;
        begun = bytes[whole.Length..].ToArray();
    }

    /// <summary>Bytes at the end that begin a character which goes on behind them.</summary>
    private static int BegunAtEnd(ReadOnlySpan<byte> bytes)
    {
        for (var count = 1; count <= Math.Min(3, bytes.Length); count++)
        {
            var lead = bytes[^count];
            if ((lead & 0xC0) != 0x80)
                return count < lead switch { >= 0xF0 => 4, >= 0xE0 => 3, >= 0xC0 => 2, _ => 1 } ? count : 0;
        }
        return 0;
    }

    private static int FirstInvalid(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (Rune.DecodeFromUtf8(bytes[at..], out _, out var length) == System.Buffers.OperationStatus.Done)
            at += length;
        return at;
    }

    private InterpException Fault(long at) => new(FormattableString.Invariant(
        $"The corpus file {file} is not UTF-8: byte {at}{(file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? " of what it holds" : "")} belongs to no character; convert the file, such as by iconv -f LATIN1 -t UTF-8."));
}
