module Interp.Tests.SpecTests

open Xunit
open FsCheck
open FsCheck.FSharp
open FsCheck.Xunit
open Interp

/// Random specs, with numbers that have a canonical form.
type Specs =
    static member Float() =
        ArbMap.defaults |> ArbMap.arbitrary<float> |> Arb.filter System.Double.IsFinite

    static member Text() =
        ArbMap.defaults
        |> ArbMap.arbitrary<NonWhiteSpaceString>
        |> Arb.convert (fun text -> text.Get) NonWhiteSpaceString
        |> Arb.filter (fun text ->
            text <> "world"
            && not (text.StartsWith '-')
            && text |> Seq.forall (fun c -> not (System.Char.IsSurrogate c || c = '+' || c = '*')))

[<Property(Arbitrary = [| typeof<Specs> |])>]
let ``a spec reads back as it was written`` (spec: Spec) =
    let text = SpecFields.toCanon spec |> Canonical.print
    (Canonical.parse text |> Result.mapError List.singleton |> Result.bind SpecFields.ofCanon) = Ok spec

[<Property(Arbitrary = [| typeof<Specs> |])>]
let ``equal specs have equal digests, others do not`` (left: Spec) (right: Spec) =
    let digest = SpecFields.toCanon >> Canonical.digest
    (digest left = digest right) = (left = right)

[<Property(Arbitrary = [| typeof<Specs> |])>]
let ``every difference is a setting with a path`` (left: Spec) (right: Spec) =
    List.isEmpty (SpecFields.diff left right) = (left = right)

[<Fact>]
let ``the encoding does not depend on the order of fields or the culture`` () =
    let culture = System.Globalization.CultureInfo.CurrentCulture

    try
        System.Globalization.CultureInfo.CurrentCulture <- System.Globalization.CultureInfo.GetCultureInfo "de-DE"

        let value =
            Canon.Fields [ "b", Canon.Number 0.5; "a", Canon.Items [ Canon.Integer 1L; Canon.Null ] ]

        Assert.Equal("""{"a":[1,null],"b":0.5}""", Canonical.encode value)
        Assert.Equal("1.0", Canonical.encode (Canon.Number 1.0))
        Assert.Equal("0.0", Canonical.encode (Canon.Number -0.0))
    finally
        System.Globalization.CultureInfo.CurrentCulture <- culture

[<Fact>]
let ``a number that is not finite has no encoding`` () =
    Assert.ThrowsAny<System.ArgumentException>(fun () -> Canonical.encode (Canon.Number nan) |> ignore)

[<Theory>]
[<InlineData("train.kSchedule", "linear:512:0.25", "\"linear:512:0.25\"")>]
[<InlineData("sae.k", "16", "16")>]
[<InlineData("sae.size", "x4", "\"x4\"")>]
[<InlineData("train.learningRate", "law", "\"law\"")>]
[<InlineData("train.clip", "none", "null")>]
[<InlineData("extract.skipNorm", "3", "3.0")>]
let ``settings are typed by path`` (path, text, written) =
    match SpecFields.setText path text Spec.Default, SpecFields.find path with
    | Ok spec, Ok field -> Assert.Equal(written, Canonical.encode (field.Get spec))
    | Error error, _
    | _, Error error -> failwith error

[<Theory>]
[<InlineData("sae.kk", "16", "sae.k")>]
[<InlineData("sae.k", "many", "whole number")>]
[<InlineData("train.kSchedule", "linear:512", "linear:512:0.25")>]
[<InlineData("train.learningRate", "0,5", "number")>]
let ``a wrong path or value says what is right`` (path, text, hint) =
    match SpecFields.setText path text Spec.Default with
    | Ok _ -> failwith "This setting is wrong."
    | Error error -> Assert.Contains(hint, error)

[<Fact>]
let ``reading a spec tells every wrong setting at once`` () =
    let value =
        Canon.Fields [ "sae.k", Canon.Text "x"; "sae.q", Canon.Integer 1L; "seed", Canon.Integer 7L ]

    match SpecFields.ofCanon value with
    | Ok _ -> failwith "Two settings are wrong."
    | Error errors -> Assert.Equal(2, errors.Length)

[<Fact>]
let ``the original recipe is the trainer's, but for sizes`` () =
    let mine = TrainingRecipe.ofSpec 96 (Recipe.original Spec.Default)
    let golden = Interp.Autoencoders.TrainingSpec.Original
    Assert.Equal(39_062L * 512L, mine.Dead.Window)

    for property in typeof<Interp.Autoencoders.TrainingSpec>.GetProperties() do
        let isSize =
            List.contains property.Name [ "Latents"; "K"; "Dead"; "Sparsity"; "Original"; "Default" ]

        if not isSize then
            Assert.Equal<obj | null>(property.GetValue golden, property.GetValue mine)
