/// Diaries with real dates, and lists whose items are taken up again.
module internal Interp.Grammar.Kinds.Calendar

open System
open System.Globalization
open Interp.Grammar

let private slots =
    [
        "owner", People.child
        "guest", People.child
        "elder", People.family
        "thing", Things.object
        "tool", Things.tool
        "pet", Things.animal
        "place", Places.place
        "second", Places.place
        "city", Places.city
        "job", People.profession
        "piece", Things.clothing
        "furniture", Things.furniture
        "instrument", Things.instrument
        "sport", Places.sport
        "plant", Things.plant
        "country", Places.country
        "order", Languages.ordinal
        "vehicle", Things.vehicle
    ]

let private tasks =
    [|
        template "visit {guest} in {city}"
        template "buy {a} {thing} for {guest}"
        template "meet the {job} at the {job:at}"
        template "clean the {tool} and the {furniture}"
        template "go to the {place} with the {elder}"
        template "practise the {instrument}"
        template "repair the {order} {vehicle}"
        template "play {sport} near the {second}"
        template "wash the {piece}"
        template "feed the {pet:s}"
        template "water the {plant:s}"
        template "write a letter to {country}"
        template "call the {elder}"
    |]

let private text (format: string) (date: DateOnly) =
    date.ToString(format, CultureInfo.InvariantCulture)

let private dated (date: DateOnly) =
    Sequence
        [
            Mark(Concept.weekday, Literal(text "dddd" date))
            Literal ", "
            Mark(Concept.dateDay, Literal(digitsOf date.Day))
            Literal " "
            Mark(Concept.month, Literal(text "MMMM" date))
            Literal " "
            Mark(Concept.dateYear, Literal(digitsOf date.Year))
        ]

/// A time such as 9:30 or 14:05.
let private time (scene: Scene) =
    let hour = scene.Number(8, 19)
    let minute = 5 * scene.Number(0, 11)
    Mark(Concept.clockTime, Literal $"{digitsOf hour}:{twoDigits minute}")

/// One entry for each of several days that follow each other with equal distance.
let private diary =
    let headings =
        oneOf
            [
                template "Diary of {owner}"
                template "{owner}'s plan"
                template "Week of {owner}"
            ]

    let closing =
        [
            say "{owner} has {number} things to do."
            say "nothing else is planned for {owner}."
            say "after that {owner:he} will rest."
        ]

    Given(fun scene ->
        let first = DateOnly(scene.Number(1990, 2029), 1, 1).AddDays(scene.Number(0, 364))
        let step = pick scene [| 1; 2; 7 |]
        let count = scene.Number(4, 6)
        let entries = severalOf scene count tasks
        putNumber scene "number" count

        Sequence
            [
                Mark(Concept.heading, headings)
                line
                lines
                    [
                        for i, entry in List.indexed entries ->
                            Sequence
                                [
                                    dated (first.AddDays(step * i))
                                    Literal ": "
                                    entry
                                    Literal " at "
                                    time scene
                                ]
                    ]
                oneOf closing
                line
            ])

/// A numbered list and sentences that repeat some of its items.
let private list =
    let headings =
        oneOf [ template "To do"; template "{owner}'s list"; template "Things for [weekday]" ]

    let finished = template "{owner} has done number {done}: "
    let important = template "do not forget number {most}: "

    Given(fun scene ->
        let count = scene.Number(5, 7)
        let entries = severalOf scene count tasks
        let most = scene.Number(1, count)
        let finishedAt = (most + scene.Number(1, count - 1) - 1) % count + 1
        putNumber scene "most" most
        putNumber scene "done" finishedAt

        Sequence
            [
                Mark(Concept.heading, headings)
                line
                lines
                    [
                        for i, entry in List.indexed entries ->
                            Sequence [ Mark(Concept.listMarker, Literal $"{digitsOf (i + 1)}."); Literal " "; entry ]
                    ]
                Sentence(Sequence [ important; entries[most - 1]; Literal "." ])
                Literal " "
                Sentence(Sequence [ finished; entries[finishedAt - 1]; Literal "." ])
                line
                say "{owner} has [numberword] <#unit <hours|minutes|days>> left<|, and {owner:he} is not in a hurry>."
                line
            ])

let kind =
    {
        Name = "calendar"
        Concept = Concept.kindCalendar
        Weight = 8
        Slots = slots
        Title = nothing
        Body = oneOf [ Sequence [ diary; list ]; diary; list ]
    }
