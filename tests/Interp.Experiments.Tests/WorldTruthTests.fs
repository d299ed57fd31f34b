/// What the documents of each kind say is true: sums, scores, dates, pronouns, programs.
module Interp.Tests.WorldTruthTests

open System
open System.Globalization
open System.Text.RegularExpressions
open Xunit
open Interp
open Interp.Grammar
open Interp.Tests.WorldSample

[<Fact>]
let ``equations are right`` () =
    let value (sum: string) =
        match sum.Split ' ' with
        | [| a; "+"; b |] -> int a + int b
        | [| a; "-"; b |] -> int a - int b
        | [| a; "*"; b |] -> int a * int b
        | _ -> int sum

    let rec evaluate (expression: string) =
        match Regex.Match(expression, @"\(([^()]*)\)") with
        | inner when inner.Success -> evaluate (expression.Replace(inner.Value, string (value inner.Groups[1].Value)))
        | _ -> value expression

    let mutable seen = 0

    for document in ofKind "arithmetic" do
        for found in matches @"^[^=\n]*\d(?: = [^=\n]+)+$" document.Text do
            let sides = found.Value.Split " = " |> Array.map evaluate
            explain document (Array.distinct sides |> Array.length = 1)
            seen <- seen + 1

    Assert.InRange(seen, 1000, 100000)

[<Fact>]
let ``exercises in words are right`` () =
    for document in ofKind "arithmetic" do
        for found in
            matches
                @"(?:has|There are) (\d+) (\w+)[ .].*?(\d+) (more|of them|.* more).*(?:has|There are) (\d+)"
                document.Text do
            let first, second, last = number found 1, number found 3, number found 5

            explain
                document
                (last =
                    if found.Groups[4].Value.EndsWith "more" then
                        first + second
                    else
                        first - second)

[<Fact>]
let ``a carry is marked where the last digits pass nine`` () =
    for document in ofKind "arithmetic" do
        let carried =
            spansOf Concept.sumCarry document |> List.map (fun span -> span.Start, span.End)

        for found in matches @"(\d+) \+ (\d+) = (\d+)$" document.Text do
            let result = found.Groups[3]
            let carries = number found 1 % 10 + number found 2 % 10 > 9
            explain document (List.contains (result.Index, result.Index + result.Length) carried = carries)

            let digitAt place concept =
                spansOf concept document |> List.exists (fun span -> span.Start = place && span.End = place + 1)

            explain document (digitAt result.Index Concept.sumFirstDigit)
            explain document (result.Length < 2 || digitAt (result.Index + 1) Concept.sumSecondDigit)

[<Fact>]
let ``brackets and quotes close`` () =
    for document in sample.Value do
        let mutable open' = []

        for letter in document.Text do
            match letter with
            | '('
            | '['
            | '{' -> open' <- letter :: open'
            | ')'
            | ']'
            | '}' ->
                let partner = "([{"[")]}".IndexOf letter]
                explain document (List.tryHead open' = Some partner)
                open' <- List.tail open'
            | _ -> ()

        explain document open'.IsEmpty

        for line in document.Text.Split '\n' do
            explain document ((line |> Seq.filter ((=) '"') |> Seq.length) % 2 = 0)

[<Fact>]
let ``a pronoun follows somebody whom it fits`` () =
    let feminine = set [ "mother"; "grandmother"; "aunt"; "sister"; "cousin" ]
    let masculine = set [ "father"; "grandfather"; "uncle"; "brother"; "nephew" ]

    for document in sample.Value do
        let introduced name relatives before =
            document.Spans
            |> List.exists (fun span ->
                span.End <= before
                && (span.Concept = name
                    || (span.Concept = Concept.relative && Set.contains (textOf document span) relatives)))

        for span in spansOf Concept.femalePronoun document do
            explain document (introduced Concept.girlName feminine span.Start)

        for span in spansOf Concept.malePronoun document do
            explain document (introduced Concept.boyName masculine span.Start)

[<Fact>]
let ``a story keeps its mood`` () =
    for document in ofKind "story" do
        let happy = spansOf Concept.storyHappy document
        let sad = spansOf Concept.storySad document
        explain document (happy.Length + sad.Length = 1)
        let foreign = if happy.IsEmpty then Concept.happyWord else Concept.sadWord
        explain document (spansOf foreign document |> List.isEmpty)

[<Fact>]
let ``what a recipe lists is used in its steps`` () =
    for document in ofKind "recipe" do
        let listed = List.exactlyOne (textsOf Concept.recipeIngredients document)
        let steps = List.exactlyOne (textsOf Concept.recipeSteps document)

        for pattern in
            [
                @"\A- \d00 grams of (\w+)"
                @"\A.*\n- (\d \w+)"
                @"of (\w+)\n\z"
                @"cups of (\w+)"
            ] do
            let ingredient = Regex.Match(listed, pattern).Groups[1].Value
            explain document (ingredient <> "" && steps.Contains ingredient)

[<Fact>]
let ``receipts add up`` () =
    for document in ofKind "shop" do
        let rows = matches @"^- (\d+) \w+ at (\d+) euros? each: (\d+)$" document.Text

        let total =
            number (List.exactlyOne (matches @"^Total: (\d+) euros$" document.Text)) 1

        for row in rows do
            explain document (number row 1 * number row 2 = number row 3)

        explain document (rows |> List.sumBy (fun row -> number row 3) = total)

        let paid =
            matches @"(\d+) euros(?: and got|, so .* gave \w+) (\d+) euro" document.Text |> List.exactlyOne

        explain document (number paid 1 - number paid 2 = total)

[<Fact>]
let ``one team wins a match and its score says so`` () =
    for document in ofKind "sports" do
        for row in matches @"^\w+ (\w+) - \w+ (\w+) (\d):(\d)\n(.*)$" document.Text do
            let first, second, verdict =
                row.Groups[1].Value, row.Groups[2].Value, row.Groups[5].Value

            let expected =
                match compare (number row 3) (number row 4) with
                | 0 -> verdict.Contains "nobody won"
                | order ->
                    let winner, loser = if order > 0 then first, second else second, first

                    verdict = $"The {winner} won, and the {loser} lost."
                    || verdict = $"The {loser} lost to the {winner}."

            explain document expected

        if not (document.Text.Contains "Results of") then
            let winners = textsOf Concept.winner document |> List.distinct
            let losers = textsOf Concept.loser document |> List.distinct
            explain document (winners.Length = 1 && losers.Length = 1 && winners <> losers)
            let score = matches @"(beat|won|lost) (?:.*?)(\d)-(\d)" document.Text |> List.head
            explain document (number score 2 > number score 3 = (score.Groups[1].Value <> "lost"))

[<Fact>]
let ``directions lead to the place that they promise and keep the compass`` () =
    let compass = [ "north"; "east"; "south"; "west" ]

    for document in ofKind "directions" do
        explain document (textsOf Concept.destination document |> List.distinct |> List.length = 1)

        let walked =
            textsOf Concept.direction document
            |> List.filter ((<>) "straight")
            |> List.fold
                (fun (heading, turned) word ->
                    match word with
                    | "left" -> heading, turned + 3
                    | "right" -> heading, turned + 1
                    | _ ->
                        let now = List.findIndex ((=) word) compass
                        explain document (heading = -1 || now = (heading + turned) % 4)
                        now, 0)
                (-1, 0)

        explain document (fst walked >= 0)

[<Fact>]
let ``dates have their right day of the week`` () =
    let mutable seen = 0

    for document in ofKind "calendar" do
        for found in matches @"^(\w+, \d+ \w+ \d{4}): " document.Text do
            seen <- seen + 1

            explain
                document
                (fst (
                    DateOnly.TryParseExact(
                        found.Groups[1].Value,
                        "dddd, d MMMM yyyy",
                        CultureInfo.InvariantCulture,
                        DateTimeStyles.None
                    )
                ))

        for found in matches @"number (\d): ([^.\n]*)\." document.Text do
            explain document (document.Text.Contains $"\n{found.Groups[1].Value}. {found.Groups[2].Value}\n")

    Assert.InRange(seen, 100, 10000)

[<Fact>]
let ``a life is as long as its years say`` () =
    for document in ofKind "biography" do
        let years = textsOf Concept.dateYear document |> List.map int

        let age =
            matches @"(?:at the age of (\d+)[,.]| died in .*, (\d+) years old)" document.Text |> List.last

        let age = int (age.Groups[1].Value + age.Groups[2].Value)
        explain document (List.max years - List.min years = age)

[<Fact>]
let ``variables are defined before they are used`` () =
    for document in ofKind "code" do
        let defined = Collections.Generic.HashSet<string>()
        let variables = spansOf Concept.variableName document

        for span in variables do
            let name = textOf document span

            let line =
                document.Text.Substring(document.Text.LastIndexOf('\n', span.Start) + 1).Split('\n')[0]

            let rest = document.Text.Substring span.End
            let isParameter = line.StartsWith("def ", StringComparison.Ordinal)

            let isTarget =
                rest.StartsWith(" = ", StringComparison.Ordinal)
                || rest.StartsWith(" in ", StringComparison.Ordinal)

            explain document (isParameter || isTarget || defined.Contains name)
            defined.Add name |> ignore

        for found in matches @"^(\w+) = (\w+) ([+*]) (\d+)  # (\d+)$" document.Text do
            let operand =
                let before = document.Text.Substring(0, found.Index)
                let line = matches $@"^{found.Groups[2].Value} = .*?(\d+)$" before |> List.last
                number line 1

            let result =
                if found.Groups[3].Value = "+" then
                    operand + number found 4
                else
                    operand * number found 4

            explain document (result = number found 5)
