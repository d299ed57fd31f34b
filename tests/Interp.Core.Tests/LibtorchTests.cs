using Interp.Runtime;
using TorchSharp;
using Xunit;

namespace Interp.Core.Tests;

public class LibtorchTests
{
    [Fact]
    public void Tensors_work_on_this_system()
    {
        Libtorch.Load();
        using var x = torch.ones(2, 3, device: torch.CPU);
        using var sum = x.sum();
        Assert.Equal(6, sum.ToSingle());
    }
}
