/// What cannot be trained is told before anything is trained, each error with its path.
module Interp.Tests.ValidationTests

open Xunit
open Interp
open Interp.Tests.CommandLine

let private set edits =
    (Spec.Default, edits)
    ||> List.fold (fun spec (path, value) ->
        match SpecFields.setText path value spec with
        | Ok spec -> spec
        | Error error -> failwith error)

let private world =
    lazy
        (use folder = new TemporaryFolder()
         Inputs(folder.Path).Config Spec.Default)

let private errors spec =
    Validation.spec spec @ Validation.againstModel world.Value spec

[<Theory>]
[<InlineData("topk")>]
[<InlineData("multi-topk")>]
[<InlineData("batchtopk")>]
[<InlineData("matryoshka:32/128")>]
[<InlineData("jumprelu")>]
[<InlineData("jumprelu-tanh")>]
[<InlineData("gated")>]
[<InlineData("relu")>]
[<InlineData("transcoder")>]
[<InlineData("skip-transcoder")>]
let ``every kind may ask for the kernel cpu`` kind =
    let spec = set [ "kernel", "cpu"; "sae.kind", kind ]

    let spec =
        if spec.Sae.Kind.HasTarget then
            { spec with
                Spec.Extract.Hook = "blocks.2.ln2.hook_normalized"
                Spec.Extract.Target = Some "blocks.2.hook_mlp_out"
            }
        else
            spec

    Assert.Empty(errors spec)

[<Theory>]
[<InlineData("sae.kind", "matryoshka:6000", "sae.kind: The prefixes 6000 do not grow")>]
[<InlineData("train.weightDecay", "-1", "train.weightDecay is -1")>]
[<InlineData("train.shuffle", "10", "train.shuffle is 10, less than a batch (train.batch is 512)")>]
[<InlineData("train.batch", "100000000", "train.batch is 100000000, more than the 200000 training tokens")>]
[<InlineData("train.passes", "2000000000", "train.passes is 2000000000, which makes 781250000000 steps")>]
[<InlineData("sae.size", "x100000000", "sae.size is 100000000 times the width")>]
[<InlineData("sae.k", "100000", "sae.k is 100000, more than the dictionary's")>]
let ``a setting that no training can have is one sentence with its path`` (path, value, start: string) =
    Assert.StartsWith(start, List.exactlyOne (errors (set [ path, value ])))

[<Fact>]
let ``no setting is infinite or no number`` () =
    let numbers =
        SpecFields.all |> List.filter (fun field -> (field.Set (Canon.Number 0.5) Spec.Default).IsSome)

    Assert.Contains(numbers, (fun field -> field.Path = "train.sparsity"))

    for field in numbers do
        for value in [ nan; infinity; -infinity ] do
            match field.Set (Canon.Number value) Spec.Default with
            | Some spec -> Assert.Contains(errors spec, (fun error -> error.StartsWith field.Path))
            | None -> ()

[<Fact>]
let ``all errors are told at once, those of the model too`` () =
    use folder = new TemporaryFolder()

    let edits =
        [
            "sae.kind=matryoshka:6000"
            "train.weightDecay=-1"
            "train.shuffle=10"
            "train.kSchedule=cosin:512:0.25"
            "sae.normalize=none"
            "train.batch"
        ]

    let outcome =
        run folder.Path ([ "plan"; config "demo.fsx" ] @ List.collect (fun edit -> [ "--set"; edit ]) edits)

    Assert.Equal(2, outcome.Code)

    for path in
        [
            "sae.kind"
            "train.weightDecay"
            "train.shuffle"
            "did you mean cosine:FROM:UNTIL?"
            "did you mean sae.normalise?"
            "--set is 'train.batch'"
        ] do
        Assert.Contains(path, outcome.Errors)

[<Fact>]
let ``what is valid is valid for the trainer`` () =
    let recipe = TrainingRecipe.ofSpec world.Value.Width

    for edits in
        [
            []
            [ "sae.kind", "gated"; "sae.k", "100000" ]
            [ "sae.kind", "matryoshka:32/128" ]
        ] do
        let spec = set edits
        Assert.Empty(errors spec)
        Assert.Empty((recipe spec).Problems())

[<Fact>]
let ``only the training of a kind with a K depends on it`` () =
    use folder = new TemporaryFolder()
    let inputs = Inputs folder.Path

    let key edits =
        Stage.ofCell inputs { Axes = []; Spec = set edits }
        |> List.find (fun stage -> stage.Name = "train")
        |> _.Key

    Assert.Equal(key [ "sae.kind", "gated" ], key [ "sae.kind", "gated"; "sae.k", "8" ])
    Assert.NotEqual<string>(key [], key [ "sae.k", "8" ])
