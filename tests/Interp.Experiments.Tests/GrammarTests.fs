/// The language in which the world is described, on grammars of a few words.
module Interp.Tests.GrammarTests

open System
open Xunit
open Interp.Grammar
open Interp.Runtime

let private kindOf slots body =
    {
        Name = "test"
        Concept = Concept.kindStory
        Weight = 1
        Slots = slots
        Title = nothing
        Body = body
    }

let private write seed slots body =
    let writer = Writer(RandomStream(seed, "test"))
    writer.Write [| kindOf slots body |] |> ignore
    writer

let private text body = (write 1L [] body).Text

let private near (expected: float) (actual: float) = Assert.Equal(expected, actual, 1e-12)

[<Fact>]
let ``a weighted choice counts the nats of what it chose and keeps its weights`` () =
    let body = weighted [ 1, Literal "a"; 3, Literal "b" ]
    let written = [ for seed in 1L .. 4000L -> write seed [] body ]

    for writer in written do
        near (if writer.Text = "a" then log 4. else log (4. / 3.)) writer.Nats

    let share =
        written |> List.averageBy (fun writer -> if writer.Text = "a" then 1. else 0.)

    Assert.InRange(share, 0.22, 0.28)

[<Fact>]
let ``the nats of a derivation sum over its draws`` () =
    let writer =
        write 1L [ "pet", Things.animal ] (template "{pet} [colour] [3-9] {pet:s} <x|y|z>")

    let sizes = [ Things.animal.Words.Length; Things.colour.Words.Length; 7; 3 ]
    near (sizes |> List.sumBy (float >> log)) writer.Nats

[<Fact>]
let ``different parts are drawn without putting back`` () =
    let body = Several(2, 3, ",", [| Literal "a"; Literal "b"; Literal "c" |])

    for seed in 1L .. 50L do
        let writer = write seed [] body
        let pieces = writer.Text.Split ','
        Assert.Equal(pieces.Length, (Array.distinct pieces).Length)

        near (log 2. + log 3. + log 2.) writer.Nats

[<Fact>]
let ``slots of one group hold different words and keep them`` () =
    let slots = [ for i in 1..8 -> $"slot{i}", Languages.opposite ]
    let names = slots |> List.map fst
    let body = separated " " [ for name in names @ names -> Recall(name, "") ]

    for seed in 1L .. 20L do
        let words = (write seed slots body).Text.Split ' '
        Assert.Equal(8, (Array.distinct words).Length)
        Assert.Equal<string[]>(words[..7], words[8..])

[<Fact>]
let ``a fresh slot forgets its word`` () =
    let body = Sequence [ for _ in 1..40 -> Fresh([ "pet" ], template "{pet} ") ]
    let words = (write 1L [ "pet", Things.animal ] body).Text.Trim().Split ' '
    Assert.InRange((Array.distinct words).Length, 5, 40)

[<Theory>]
[<InlineData("{a} apple", "an apple")>]
[<InlineData("{a} pear", "a pear")>]
[<InlineData("see {a} <old|icy> {a} pear", "")>]
let ``an article agrees with what follows it`` source expected =
    let found = text (template source)

    if expected = "" then
        Assert.Contains(found, [ "see an old a pear"; "see an icy a pear" ])
    else
        Assert.Equal(expected, found)

[<Fact>]
let ``labels move with an article that grows`` () =
    let writer =
        write 1L [] (say "{a} <#animal <owl|eel>> and {a} <#colour <red|tan>> <#animal ant> slept.")

    for span in writer.Spans do
        let labelled = writer.Text.Substring(span.Start, span.End - span.Start)

        match span.Concept.Name with
        | "animal" -> Assert.Contains(labelled, [ "owl"; "eel"; "ant" ])
        | "colour" -> Assert.Contains(labelled, [ "red"; "tan" ])
        | "past_verb" -> Assert.Equal("slept", labelled)
        | "sentence_start" -> Assert.Equal("An", labelled)
        | _ -> Assert.Equal(writer.Text, labelled)

    Assert.StartsWith("An ", writer.Text)

[<Fact>]
let ``a sentence begins with a capital behind its quotation mark`` () =
    Assert.Equal("\"Who?\" he asked.", text (say "\"who?\" he asked."))

[<Fact>]
let ``a case is chosen by the remembered word`` () =
    let body = Switch("mood", [ "happy", Literal "smile"; "sad", Literal "weep" ])

    for seed in 1L .. 20L do
        let writer =
            write seed [ "mood", People.mood ] (Sequence [ Recall("mood", ""); Literal " "; body ])

        Assert.Contains(writer.Text, [ "happy smile"; "sad weep" ])

[<Theory>]
[<InlineData("[unknown]")>]
[<InlineData("<a|b")>]
[<InlineData("{hero")>]
[<InlineData("<#nothing a>")>]
let ``a mistake in a template is found when it is read`` source =
    Assert.Throws<ArgumentException>(fun () -> template source |> ignore) |> ignore

[<Fact>]
let ``a slot that nothing sets is a mistake`` () =
    Assert.Throws<InvalidOperationException>(fun () -> text (template "{hero}") |> ignore) |> ignore

let private surface (text: string) =
    let spans = Collections.Generic.List<LabelSpan>()
    Surface.label text (Collections.Generic.List [ struct (0, text.Length) ]) spans

    [
        for span in spans -> span.Concept.Name, text.Substring(span.Start, span.End - span.Start)
    ]
    |> List.groupBy fst
    |> List.map (fun (name, found) -> name, List.map snd found)
    |> Map

[<Fact>]
let ``brackets quotes and numbers are labelled from the characters`` () =
    let found = surface "print(max(12, [3]), \"so\") and {x}"
    Assert.Equal<string list>([ "max(12, [3]), \"so\""; "x" ], found["in_bracket"])
    Assert.Equal<string list>([ "so" ], found["in_quote"])
    Assert.Equal<string list>([ "12"; "3" ], found["number"])

[<Fact>]
let ``questions negations and ends are labelled within a sentence`` () =
    let found = surface "Is 7 even? No, 7 is not even."
    Assert.Equal<string list>([ "Is 7 even?" ], found["question"])
    Assert.Equal<string list>([ "No, 7 is not even." ], found["negated"])
    Assert.Equal<string list>([ "?"; "." ], found["sentence_end"])
    Assert.Equal<string list>([ "Is"; "No" ], found["sentence_start"])
