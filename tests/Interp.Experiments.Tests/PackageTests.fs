/// The packages serve a C# and an F# project from a folder, without a network.
module Interp.Tests.PackageTests

open System
open System.Diagnostics
open System.IO
open Xunit
open Interp.Tests.CommandLine

let private dotnet (folder: string) (arguments: string list) =
    let info =
        ProcessStartInfo(
            "dotnet",
            arguments,
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        )

    match Process.Start info with
    | null -> failwith "dotnet did not start"
    | child ->
        use child = child
        let outcome = finish child
        Assert.True((outcome.Code = 0), outcome.Output + outcome.Errors)
        outcome.Output

/// Where NuGet keeps what was restored: the only other place that packages may come from.
let private restored =
    match Environment.GetEnvironmentVariable "NUGET_PACKAGES" with
    | null
    | "" -> Path.Combine(Environment.GetFolderPath Environment.SpecialFolder.UserProfile, ".nuget", "packages")
    | folder -> folder

let private sources =
    $"""<configuration>
  <config><add key="globalPackagesFolder" value="packages" /></config>
  <packageSources><clear /><add key="made" value="feed" /><add key="restored" value="{restored}" /></packageSources>
  <fallbackPackageFolders><clear /><add key="restored" value="{restored}" /></fallbackPackageFolders>
</configuration>"""

let private project package compile =
    $"""<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><NoWarn>NU1603;NU1608</NoWarn></PropertyGroup>
  <ItemGroup>{compile}<PackageReference Include="{package}" Version="0.1.0" /></ItemGroup>
</Project>"""

let private csharp =
    """using Interp.Autoencoders;
using Interp.Runtime;
using TorchSharp;

Libtorch.Load();
var k = new LinearK(From: 512, Until: 0.5).At(step: 25, totalSteps: 100, target: 32, latents: 4096);
System.Console.WriteLine($"{k} {torch.ones(3).sum().item<float>()}");
"""

let private fsharp =
    """open Interp

let study = Experiment.create "study" |> Sweep.over "k" [ 16; 32 ] Sae.k
printfn "%s %d" (study.Cells[1].Name) (Validation.experiment study).Length
"""

/// Two packs, two restores and two builds take more than a minute, most of it MSBuild's.
[<Fact>]
let ``the packages are used by a C# and an F# project from a folder`` () =
    if Environment.GetEnvironmentVariable "INTERP_SLOW_TESTS" <> "1" then
        Assert.Skip "INTERP_SLOW_TESTS=1 packs and uses the packages"

    use folder = new TemporaryFolder()

    for name in
        [
            "Interp.Core/Interp.Core.csproj"
            "Interp.Experiments/Interp.Experiments.fsproj"
        ] do
        dotnet
            repository
            [
                "pack"
                Path.Combine("src", name)
                "-c"
                "Release"
                "--no-restore"
                "-nodeReuse:false"
                "-v"
                "q"
                "-o"
                folder.Child "feed"
            ]
        |> ignore

    let app name package extension compile (text: string) =
        let place = folder.Child name
        Directory.CreateDirectory place |> ignore
        File.WriteAllText(Path.Combine(place, name + "." + extension + "proj"), project package compile)
        File.WriteAllText(Path.Combine(place, "Program." + extension), text)
        (dotnet place [ "run"; "-v"; "q" ]).Trim().Split('\n') |> Array.last

    File.WriteAllText(folder.Child "nuget.config", sources)
    Assert.Equal("272 3", app "sharp" "Interp.Core" "cs" "" csharp)
    Assert.Equal("k=32,seed=1 0", app "eff" "Interp.Experiments" "fs" "<Compile Include=\"Program.fs\" />" fsharp)
