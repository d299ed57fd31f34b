using Xunit;

namespace Interp.Studio.Tests;

/// <summary>The studio that most tests ask, started once.</summary>
public sealed class StudioFixture : IAsyncLifetime
{
    public WorldStudio Studio { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Studio = await WorldStudio.Start();

    public ValueTask DisposeAsync() => Studio.DisposeAsync();
}

/// <summary>The tests that share it.</summary>
[CollectionDefinition(Name)]
public sealed class StudioTests : ICollectionFixture<StudioFixture>
{
    public const string Name = "studio";
}
