/// What a plan says a training takes.
module Interp.Tests.CostTests

open System.IO
open Xunit
open Interp
open Interp.Tests.CommandLine

let private set edits =
    (Spec.Default, edits)
    ||> List.fold (fun spec (path, value) ->
        match SpecFields.setText path value spec with
        | Ok spec -> spec
        | Error error -> failwith error)

[<Fact>]
let ``memory counts the numbers of every token and latent where a schedule begins high`` () =
    use folder = new TemporaryFolder()
    let inputs = Inputs folder.Path
    let latents, width, batch = 1024L, 128L, 4096L

    let memory edits =
        Cost.trainingMemory inputs (set ([ "sae.size", "1024"; "train.batch", "4096" ] @ edits))

    let dense = 8L * width * latents + 12L * batch * latents
    let steady, high = memory [], memory [ "train.kSchedule", "linear:512:0.25" ]
    Assert.Equal(16L * batch * (512L - 32L) + dense, high - steady)
    // A second reconstruction has four times as many entries besides.
    Assert.Equal(16L * batch * 4L * 32L, memory [ "sae.kind", "multi-topk" ] - steady)
    // Half of the latents of a kind without a K are active at first.
    Assert.Equal(high, memory [ "sae.kind", "relu" ])

[<Fact>]
let ``a training that was stopped costs what it has left`` () =
    use folder = new TemporaryFolder()
    let inputs = Inputs folder.Path
    let store = Store.Open(Some(folder.Child "store"))

    let training =
        Stage.ofCell
            inputs
            {
                Axes = []
                Spec = set [ "train.batch", "500" ]
            }
        |> List.find (fun stage -> stage.Name = "train")

    let seconds () =
        (Cost.ofStage RunOptions.Default inputs store training).Seconds

    let whole = seconds ()
    let checkpoints = Path.Combine(store.WorkFolder "train" training.Key, "checkpoints")
    Directory.CreateDirectory checkpoints |> ignore
    File.WriteAllText(Path.Combine(checkpoints, "step-00000300.json"), "{}")
    // 300 of 400 steps of 500 tokens.
    Assert.Equal(whole / 4.0, seconds (), whole * 1e-9)
