using Interp.Studio.Http;

namespace Interp.Studio.Api;

/// <summary>The whole API.</summary>
internal static class Operations
{
    public static IEnumerable<Operation> All() => [Health.Make()];
}
