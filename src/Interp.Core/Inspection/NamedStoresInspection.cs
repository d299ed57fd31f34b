using System.Text.Json.Nodes;
using Interp.Activations;

namespace Interp.Inspection;

/// <summary>Folders of activation stores, one for each hook point, as <c>interp extract</c> makes them under a name.</summary>
internal static class NamedStoresInspection
{
    public static bool Recognises(string path) =>
        Directory.Exists(path) && Directory.GetFiles(path).Length == 0 && Directory.GetDirectories(path) is { Length: > 0 } folders && folders.All(StoreManifest.Exists);

    public static Inspection Inspect(string path, string textField)
    {
        var (facts, notFinite) = (new JsonObject(), new Dictionary<string, long>());
        foreach (var folder in Directory.GetDirectories(path).Order(StringComparer.Ordinal))
        {
            var (hook, found) = (Path.GetFileName(folder), new Dictionary<string, long>());
            facts[hook] = StoreInspection.Facts(folder, found);
            foreach (var (tensor, count) in found)
                notFinite[$"{hook} {tensor}"] = count;
        }
        return new Inspection("activation stores", facts, notFinite);
    }
}
