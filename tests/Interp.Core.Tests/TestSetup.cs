using System.Runtime.CompilerServices;
using Interp.Runtime;

namespace Interp.Core.Tests;

/// <summary>Tests use TorchSharp directly, perhaps before anything of Interp.Core: libtorch is found first.</summary>
internal static class TestSetup
{
    [ModuleInitializer]
    internal static void LoadLibtorch()
    {
        Libtorch.Load();
        Workers.SingleThreaded();
    }
}
