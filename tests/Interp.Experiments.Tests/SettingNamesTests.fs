/// Settings as they are typed, and hooks by any of their names.
module Interp.Tests.SettingNamesTests

open Xunit
open Interp
open Interp.Tests.CommandLine

[<Fact>]
let ``every setting of an extraction is written as it is typed`` () =
    let values =
        [
            "model", "HuggingFaceTB/SmolLM2-135M"
            "corpus.source", "mix:0.7=a b.jsonl;0.25=world;1=-.csv"
            "corpus.source", "-"
            "corpus.chat", "columns:q/a"
            "corpus.chat", "messages:turns"
            "corpus.order", "7"
            "corpus.order", "none"
            "corpus.distinct", "true"
            "extract.bos", "always"
            "extract.packing", "separated"
            "extract.skipNorm", "2.5"
        ]

    for path, value in values do
        match SpecFields.setText path value Spec.Default with
        | Ok spec -> Assert.Equal(value, SpecFields.typed path spec)
        | Error error -> Assert.Fail error

    for path in StoreExtraction.settings do
        Assert.Equal(Ok Spec.Default, SpecFields.setText path (SpecFields.typed path Spec.Default) Spec.Default)

[<Fact>]
let ``a hook has one key by whatever name it is called`` () =
    use folder = new TemporaryFolder()
    let inputs = Inputs folder.Path
    let key spec = (Stage.extract inputs "" spec).Key

    let set path value spec =
        SpecFields.setText path value spec |> Result.defaultWith failwith

    let own = Spec.Default |> Extract.hook "blocks.1.hook_resid_post"

    for spec in
        [
            set "extract.hook" "resid_post.1" Spec.Default
            set "extract.hook" "layers.1" Spec.Default
            Extract.hook "resid_post.1" Spec.Default
            { Spec.Default with
                Extract.Hook = "resid_post.1"
            }
        ] do
        Assert.Equal(key own, key spec)

    let read =
        SpecFields.ofCanon (Canon.Fields [ "extract.hook", Canon.Text "layers.1" ])

    Assert.Equal(Ok own, read)

    let target =
        Experiment.create "x" |> Experiment.transcode "mlp_out.1" "layers.2" (Corpus.world 1000)

    Assert.Equal(Some "blocks.2.hook_resid_post", target.Cells.Head.Spec.Extract.Target)
    Assert.Contains("pattern", Validation.spec (Extract.hook "pattern.1" Spec.Default) |> List.exactlyOne)
