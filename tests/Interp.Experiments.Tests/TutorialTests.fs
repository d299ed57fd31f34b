/// Experiments.fsx and the script of docs/features.md do what they say; configs and steering recipes are scripts of F# Interactive.
module Interp.Tests.TutorialTests

open System.Diagnostics
open System.IO
open Xunit
open Interp
open Interp.Features
open Interp.Tests.CommandLine

/// A folder whose configs/interp.fsx points to the assemblies of the tests.
let private reference (folder: TemporaryFolder) =
    let here = System.AppContext.BaseDirectory.Replace("\\", "/")
    let text = File.ReadAllText(config "interp.fsx")
    Directory.CreateDirectory(folder.Child "configs") |> ignore
    File.WriteAllText(folder.Child "configs/interp.fsx", text.Replace("../src/Interp.Cli/bin/Release/net10.0/", here))

/// The same with a copy of a script.
let private prepare (folder: TemporaryFolder) (script: string) =
    reference folder
    File.Copy(Path.Combine(repository, script), folder.Child script)

/// F# Interactive with a script, or with what is typed.
let private interactive (folder: TemporaryFolder) arguments (typed: string) =
    let info =
        ProcessStartInfo(
            "dotnet",
            "fsi" :: arguments,
            WorkingDirectory = folder.Path,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        )

    info.Environment.Remove "INTERP_STORE" |> ignore

    match Process.Start info with
    | null -> failwith "dotnet fsi did not start"
    | child ->
        use child = child
        child.StandardInput.Write typed
        child.StandardInput.Close()
        finish child

let private fsi folder (script: string) =
    interactive folder [ "--quiet"; script ] ""

[<Fact>]
let ``the tutorial describes, plans, runs, tables, plots and compares`` () =
    use folder = new TemporaryFolder()
    prepare folder "Experiments.fsx"
    let outcome = fsi folder "Experiments.fsx"
    Assert.True((outcome.Code = 0), outcome.Errors + outcome.Output)
    Assert.DoesNotContain("info FS", outcome.Output + outcome.Errors)
    Assert.Contains("similarity", outcome.Output)
    Assert.Contains("largest_cosine", outcome.Output)
    Assert.Contains("train.learningRate", outcome.Output)
    Assert.Contains("validation-loss.svg", outcome.Output)
    let table = File.ReadAllText(folder.Child "results/tutorial/table.csv")

    for cell in (Results.parse "tutorial" table).Cells do
        Assert.Equal("ok", cell.Status)
        Assert.InRange(cell.Metrics["largest_cosine"], 0.0, 1.000001)

[<Fact>]
let ``F# Interactive shows the frame of a result as a table`` () =
    use folder = new TemporaryFolder()
    reference folder
    let table = Path.Combine(repository, "results", "demo", "table.csv")

    let outcome =
        interactive
            folder
            [ "--nologo"; "--use:configs/interp.fsx" ]
            $"Interp.Results.frame (Interp.Results.load @\"{table}\");;\n"

    Assert.Matches(@"\n +k +schedule +with +seed +status +fvu +l0 ", outcome.Output)
    Assert.Matches(@"\nk=8,schedule=constant,seed=1 +-> 8 +constant <missing> +1 +ok +0.085584 ", outcome.Output)

[<Fact>]
let ``every config under dotnet fsi, and the tutorial, begin with what brings the framework`` () =
    let load = "#load \"interp.fsx\""

    for file in Directory.GetFiles(Path.Combine(repository, "configs"), "*.fsx") do
        if Path.GetFileName file <> "interp.fsx" then
            let lines = File.ReadAllLines file
            Assert.Contains(load, lines)
            Assert.Equal("|> Script.main", Array.last lines)

[<Fact>]
let ``a config under dotnet fsi prints its plan`` () =
    use folder = new TemporaryFolder()
    prepare folder "configs/transcoder.fsx"
    let outcome = fsi folder "configs/transcoder.fsx"
    Assert.True((outcome.Code = 0), outcome.Errors)
    Assert.Equal("", outcome.Errors)
    Assert.Contains("dictionary=skip transcoder,k=32,seed=1", outcome.Output)
    Assert.Contains("stages to run", outcome.Output)

[<Fact>]
let ``a wrong experiment under dotnet fsi is one sentence and exit code 2`` () =
    use folder = new TemporaryFolder()
    prepare folder "configs/demo.fsx"

    let refuses (lines: string list) (expected: string) =
        File.WriteAllText(
            folder.Child "wrong.fsx",
            String.concat "\n" ([ "#load \"configs/interp.fsx\""; "open Interp" ] @ lines) + "\n"
        )

        let outcome = fsi folder "wrong.fsx"
        Assert.Equal((2, ""), (outcome.Code, outcome.Output))
        Assert.Equal(expected, outcome.Errors.Trim())

    let wrong = "Experiment.create \"e\" |> Experiment.sae (Sae.k 0)"
    refuses [ wrong; "|> Script.main" ] "sae.k is 0; give 1 or more."
    refuses [ wrong; "|> Script.run" ] "sae.k is 0; give 1 or more."

    refuses
        [
            "Experiment.create \"e\" |> Experiment.model (Model.path \"nowhere.gguf\")"
            "|> Script.main"
        ]
        "There is no model file nowhere.gguf; give a .gguf file or a Hugging Face folder."

[<Fact>]
let ``a steering recipe as a script prints the steered text`` () =
    use folder = new TemporaryFolder()
    reference folder

    let asset name =
        Path.Combine(repository, "assets", name)

    let recipe =
        SteeringRecipe(
            Prompt = "\"Anna\\ said:\n in",
            Features =
                [|
                    SteeredLatent(307, 0.1 + 0.2, StrengthUnit.Norm, SteeringMode.Clamp)
                    SteeredLatent(200, -2.5, StrengthUnit.Raw, SteeringMode.Add)
                |],
            Tokens = 12,
            Seed = 7L,
            Temperature = 0.9
        )

    let expected =
        use microscope = Microscope.Open(asset "world", asset "world-sae")
        SteeredGeneration.Text(microscope, recipe)

    File.WriteAllText(folder.Child "steer.fsx", recipe.ToFSharp(asset "world", asset "world-sae"))
    let outcome = fsi folder "steer.fsx"
    Assert.True((outcome.Code = 0), outcome.Errors + outcome.Output)
    Assert.Equal(expected, outcome.Output)

[<Theory>]
[<InlineData("features.md", "logit difference", "1.0: effect")>]
[<InlineData("models.md", "then no logits: true", "the logits moved by up to")>]
let ``the script of a document runs`` (document: string) (says: string) (alsoSays: string) =
    use folder = new TemporaryFolder()
    reference folder
    let text = File.ReadAllText(Path.Combine(repository, "docs", document))
    let script = text.Split("```fsharp\n")[1] |> fun rest -> rest.Split("```")[0]
    let assets = Path.Combine(repository, "assets").Replace("\\", "/")
    File.WriteAllText(folder.Child "script.fsx", script.Replace("\"assets/", $"\"{assets}/"))
    let outcome = fsi folder "script.fsx"
    Assert.True((outcome.Code = 0), outcome.Errors + outcome.Output)
    Assert.Contains(says, outcome.Output)
    Assert.Contains(alsoSays, outcome.Output)

[<Fact>]
let ``the scripts of the documents about results and activations find what they name`` () =
    use folder = new TemporaryFolder()
    reference folder
    let demo = folder.Child "results/demo"
    Directory.CreateDirectory demo |> ignore

    for file in [ "table.csv"; "spec.json"; "provenance.json" ] do
        File.Copy(Path.Combine(repository, "results", "demo", file), Path.Combine(demo, file))

    let block document =
        let text = File.ReadAllText(Path.Combine(repository, "docs", document))
        text.Split("```fsharp\n")[1] |> _.Split("```") |> Array.head |> _.TrimEnd()

    let script =
        [
            "#load \"configs/interp.fsx\""
            "open Interp"
            (block "results.md") + "\n|> fun frame -> printfn \"%d groups\" frame.RowCount"
            "Diff.make (Sides.stored \"demo\") (Sides.stored \"demo\") |> Diff.isEmpty |> printfn \"the same: %b\""
            "let store = Store.Open(Some \"store\")"
            "let cancel = System.Threading.CancellationToken.None"
            (block "activations.md").Replace("Spec.Default", "{ Spec.Default with Spec.Corpus.TrainTokens = 2_000 }")
            "|> List.iter (printfn \"%s\")"
            "let experiment = Experiment.create \"e\" |> Experiment.model Assets.world"
            "Plan.make RunOptions.Default (Inputs store.Root) store experiment |> List.length |> printfn \"%d stages\""
        ]

    File.WriteAllText(folder.Child "documents.fsx", String.concat "\n" script + "\n")
    let outcome = fsi folder "documents.fsx"
    Assert.True((outcome.Code = 0), outcome.Errors + outcome.Output)
    Assert.Contains("groups\n", outcome.Output)
    Assert.Contains("the same: true", outcome.Output)
    Assert.EndsWith("4 stages\n", outcome.Output)

    for hook in [ "blocks.1.hook_resid_post"; "blocks.2.hook_mlp_out" ] do
        Assert.Contains(Path.Combine("store", "activations", "demo", hook), outcome.Output)
