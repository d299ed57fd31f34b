using Interp.Formats;
using Interp.Inspection;
using Interp.Runtime;

namespace Interp.Activations;

/// <summary>Checks an activation store as far as it can be done without the model.</summary>
public static class ActivationVerification
{
    /// <summary>
    /// The manifest must be sound and the store complete, each shard the one that was written, every number finite, and tokens and documents
    /// those whose digest the manifest has. Each check counts what is wrong; notes say it in words.
    /// </summary>
    /// <param name="folder">The folder of the store.</param>
    /// <exception cref="InterpException">The folder has no manifest.</exception>
    public static VerifyReport Verify(string folder)
    {
        StoreManifest manifest;
        try
        {
            manifest = StoreManifest.Read(folder);
        }
        catch (InterpException e) when (StoreManifest.Exists(folder))
        {
            return new VerifyReport([new VerifyCheck("manifest", 1, 0)], [e.Message]);
        }
        var shards = new (string? Fault, long NotFinite)[manifest.Shards.Length];
        Workers.For(shards.Length, i => shards[i] = Look(folder, manifest, i));
        var faults = shards.Select(shard => shard.Fault).OfType<string>().Select(fault => $"{fault}; run the extraction again, it makes that shard anew.").ToList();
        List<VerifyCheck> checks = [new("manifest", manifest.Complete ? 0 : 1, 0)];
        for (var i = 0; i < shards.Length; i++)
        {
            checks.Add(new VerifyCheck(manifest.Shards[i].File, shards[i].Fault is null ? 0 : 1, 0));
            checks.Add(new VerifyCheck($"{manifest.Shards[i].File}: not finite", shards[i].NotFinite, 0));
        }
        if (!manifest.Complete)
            return new VerifyReport(checks, [ActivationStore.Incomplete(folder), .. faults]);
        if (faults.Count > 0)
            return new VerifyReport(checks, faults);
        using var store = ActivationStore.Over(folder, manifest);
        var known = store.Contexts.Digest() == manifest.Contexts;
        return new VerifyReport([.. checks, new VerifyCheck("tokens and documents", known ? 0 : 1, 0)],
            known ? [] : [$"The tokens and documents in {folder} are not those that its manifest names; make the store again."]);
    }

    private static (string? Fault, long NotFinite) Look(string folder, StoreManifest manifest, int index)
    {
        if (ActivationStore.Fault(folder, manifest, index) is { } fault)
            return (fault, 0);
        var notFinite = new Dictionary<string, long>();
        using var file = SafeTensors.Open(Path.Combine(folder, manifest.Shards[index].File));
        TensorScan.Add(file, notFinite);
        return (null, notFinite.Values.Sum());
    }
}
