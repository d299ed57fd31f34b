using Interp.Runtime;

namespace Interp.Formats;

/// <summary>Writes files that are either there whole or not at all.</summary>
public static class AtomicFile
{
    /// <summary>Writes to a temporary name beside <paramref name="path"/>, flushes to the disk, and renames.</summary>
    /// <exception cref="InterpException">The file cannot be written, such as when the disk is full; nothing is left behind.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        using var file = Begin(path, write);
        file.Commit();
    }

    /// <summary>Writes text as UTF-8 without a byte-order mark.</summary>
    public static void WriteText(string path, string text) =>
        Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));

    /// <summary>The first half of <see cref="Write"/>: what is written is the system's, and appears under its name when it is committed.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes its bytes.</param>
    /// <param name="size">Bytes that it will have, where they are known: a disk without room for them is found before the first is written.</param>
    /// <exception cref="InterpException">The file cannot be written; nothing is left behind.</exception>
    internal static PendingFile Begin(string path, Action<Stream> write, long size = 0)
    {
        var temporary = $"{path}.{Environment.ProcessId}.{Environment.CurrentManagedThreadId}.tmp";
        FileStream? stream = null;
        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
                Directory.CreateDirectory(folder);
            stream = new FileStream(temporary, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 1 << 20, PreallocationSize = size });
            write(stream);
            stream.Flush();
            return new PendingFile(path, temporary, stream);
        }
        catch (Exception e)
        {
            stream?.Dispose();
            File.Delete(temporary);
            if (e is IOException or UnauthorizedAccessException)
                throw PendingFile.Fault(path, e);
            throw;
        }
    }
}

/// <summary>A file of <see cref="AtomicFile.Begin"/>; disposing it before it is committed leaves nothing behind.</summary>
internal sealed class PendingFile(string path, string temporary, FileStream stream) : IDisposable
{
    private bool committed;

    /// <summary>Gives the file its name.</summary>
    /// <param name="flush">Whether it is on the disk before: without, it outlives the process but perhaps not a loss of power.</param>
    /// <exception cref="InterpException">The disk did not take it.</exception>
    public void Commit(bool flush = true)
    {
        try
        {
            stream.Flush(flush);
            stream.Dispose();
            File.Move(temporary, path, overwrite: true);
            committed = true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Fault(path, e);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        stream.Dispose();
        if (!committed)
            File.Delete(temporary);
    }

    internal static InterpException Fault(string path, Exception e) => new($"{path} cannot be written: {e.Message}", e);
}
