namespace Interp.Runtime;

/// <summary>A file that the program wrote or was given earlier is not what it was: no input of the moment is to blame.</summary>
/// <param name="message">Which file, what is wrong with it, and what to do.</param>
/// <param name="inner">What was caught.</param>
public sealed class DamagedFileException(string message, Exception? inner = null) : InterpException(message, inner);
