using Interp.Runtime;

namespace Interp.Tokenization.Chat;

/// <summary>A template has or does something that is not served; the message names it in a few words.</summary>
internal sealed class UnservedTemplateException(string what) : InterpException(what);
