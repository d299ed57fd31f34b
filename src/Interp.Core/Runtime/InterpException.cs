namespace Interp.Runtime;

/// <summary>
/// An error in use or input: one sentence that says what is wrong, where, and what to do.
/// The program prints the message alone, without a stack trace, and exits with code 2.
/// </summary>
public class InterpException(string message, Exception? inner = null) : Exception(message, inner);
