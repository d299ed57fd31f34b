/// Reports of matches: the score, the winner, the loser and the goals of each half agree.
module internal Interp.Grammar.Kinds.Sports

open Interp.Grammar

let private slots =
    [
        "sport", Places.sport
        "first", Places.team
        "second", Places.team
        "home", Places.city
        "away", Places.city
        "star", People.child
        "other", People.child
        "starName", People.surname
        "otherName", People.surname
        "day", Places.weekday
        "time", Places.dayTime
        "weather", Places.weather
        "number", Lexicon.range 2 90
    ]

/// Team names as winner and loser, or as mere teams after a draw.
let private decided =
    Map [ "first", "<#winner {first}>"; "second", "<#loser {second}>" ]

let private named (text: string) =
    decided |> Map.fold (fun (text: string) slot marked -> text.Replace("{" + slot + "}", marked)) text

let private opening =
    [
        "the {home} {first} beat the {away} {second} {high}-{low} on {day}."
        "on {day} {time} the {home} {first} won {high}-{low} against the {away} {second}."
        "the {away} {second} lost {low}-{high} to the {home} {first} on {day}."
    ]

let private half =
    [
        "after the first half the score was {halfHigh}-{halfLow} for the {first}."
        "the {first} led {halfHigh}-{halfLow} after the first half."
    ]

let private sum = [ "there were {sum} {sport:points} in this {sport} match." ]

let private players =
    [
        "{star} {starName} was the best player of the {first}, and {star:he} hurt {star:his} [body]."
        "{star} {starName} of the {first} made the [ordinal] {sport:point} in minute {number}, and {star:his} fans sang."
        "{other} {otherName} of the {second} made no {sport:point}, and {other:he} wept."
    ]

let private around =
    [
        "there was {weather} over {home}, and the fans in {weather:wear} were [joyful]."
        "\"we did not play well,\" {other} {otherName} said, and the {second} went home [sorrowful]."
        "{number} thousand people came to the [quality] stadium."
        "nobody in {away} was [joyful], because the {second} had lost again."
    ]

let private close =
    [
        "the winners are the {first}, and the losers are the {second}."
        "the {first} will be [joyful] until next [weekday]."
        "will the {second} win the next match?"
    ]

let private choice texts = says (List.map named texts)

let private several least most texts =
    Several(least, most, " ", [| for text in texts -> say (named text) |])

/// The score after the first half, which the winner already leads and which neither team falls below.
let private halfScore (scene: Scene) =
    let high = numberOf scene "high"
    let low = numberOf scene "low"
    let halfLow = scene.Number(0, low)
    putNumber scene "halfLow" halfLow
    putNumber scene "halfHigh" (halfLow + scene.Number(1, high - low))
    nothing

let private match' =
    let middle = oneOf [ Sequence [ Given halfScore; choice half ]; choice sum ]

    let report =
        tell
            [
                choice opening
                middle
                several 1 2 players
                several 1 3 around
                choice close
            ]

    Given(fun scene ->
        let low = scene.Number(0, 4)
        let high = low + scene.Number(1, 4)
        putNumber scene "low" low
        putNumber scene "high" high
        putNumber scene "sum" (low + high)
        report)

let private results =
    let row = template "{home} {first} - {away} {second} {high}:{low}\n"
    let drawn = say "the {first} and the {second} drew, so nobody won in {home}."

    let firstWon =
        says (
            List.map
                named
                [
                    "the {first} won, and the {second} lost."
                    "the {second} lost to the {first}."
                ]
        )

    let secondWon =
        oneOf
            [
                say "the <#winner {second}> won, and the <#loser {first}> lost."
                say "the <#loser {first}> lost to the <#winner {second}>."
            ]

    Fresh(
        [ "first"; "second"; "home"; "away" ],
        Given(fun scene ->
            let a = scene.Number(0, 5)
            let b = scene.Number(0, 5)
            putNumber scene "high" a
            putNumber scene "low" b

            Sequence
                [
                    row
                    (if a > b then firstWon
                     elif a < b then secondWon
                     else drawn)
                    line
                ])
    )

let kind =
    {
        Name = "sports"
        Concept = Concept.kindSports
        Weight = 9
        Slots = slots
        Title = maybe 50 (title [ "{sport} in {home}"; "{first} and {second}"; "{sport} on {day}" ])
        Body =
            weighted
                [
                    3, Sequence [ match'; line ]
                    1,
                    Sequence
                        [
                            template "Results of {sport} on {day}:\n"
                            results
                            results
                            results
                            results
                            results
                        ]
                ]
    }
