using Interp.Runtime;
using Interp.Studio.Tests;
using Xunit;

[assembly: AssemblyFixture(typeof(LibtorchReady))]

namespace Interp.Studio.Tests;

/// <summary>Loads libtorch before the first test: tests begin on several threads, and TorchSharp searches by itself on each.</summary>
public sealed class LibtorchReady
{
    public LibtorchReady() => Libtorch.Load();
}
