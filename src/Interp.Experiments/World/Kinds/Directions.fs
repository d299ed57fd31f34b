/// Directions: the way ends at the place that the first sentence names, and turns change the point of the compass.
module internal Interp.Grammar.Kinds.Directions

open Interp.Grammar

let private slots =
    [
        "goal", Places.place
        "start", Places.place
        "guide", People.child
        "city", Places.city
        "street1", Places.street
        "street2", Places.street
        "street3", Places.street
        "mark1", Places.place
        "mark2", Places.place
        "mark3", Places.place
        "metres", Lexicon.multiples 50 12
        "vehicle", Things.vehicle
        "colour", Things.colour
    ]

let private compass = [| "north"; "east"; "south"; "west" |]

let private turns =
    [|
        says
            [
                "turn {turn} into {street} and walk {heading} for {metres} <#unit metres>."
                "at the {mark} turn {turn} into {street}, so that you go {heading}."
            ]
        says
            [
                "at the {mark} go {turn}, then follow {street} to the {heading}."
                "go {turn} behind the {mark} and walk {heading} along {street}."
            ]
    |]

let private ahead =
    says
        [
            "walk <#direction straight> on for {metres} <#unit metres>, still to the {heading}."
            "go <#direction straight> past the {mark}, and do not turn before the [colour] [furniture]."
            "take the [ordinal] street that leads {heading}."
            "keep walking {heading} until you see {a} [quality] [plant]."
        ]

let private opening =
    let first =
        says
            [
                "how do I get from the {start} to the <#destination {goal}>?"
                "this is the way from the {start} to the <#destination {goal}> in {city}."
                "{guide} explains how {guide:he} walks from the {start} to the <#destination {goal}>."
            ]

    let leave =
        says
            [
                "leave the {start} and walk {heading} along {street1}."
                "start at the {start} and go {heading}."
                "from the {start} go {heading} until the {mark1}."
            ]

    tell [ first; leave ]

let private way =
    Given(fun scene ->
        let mutable heading = scene.Number(0, 3)

        let set slot (text: string) =
            scene.Set(slot, Word.computed [| Concept.direction |] text)

        set "heading" compass[heading]

        let step i =
            let turned = scene.Number(0, 2)
            let turn = if turned = 0 then "left" else "right"
            let isTurn = turned < 2

            if isTurn then
                heading <- (heading + (if turned = 0 then 3 else 1)) % 4

            let facing = compass[heading]

            Given(fun scene ->
                set "turn" turn
                set "heading" facing
                scene.Set("mark", scene.Word $"mark{i}")
                scene.Set("street", scene.Word $"street{i}")
                Fresh([ "metres" ], (if isTurn then turns[i % 2] else ahead)))

        let steps = [ for i in 1..3 -> step i ]
        tell (opening :: steps))

let private finish =
    says
        [
            "the <#destination {goal}> is on the <#direction <left|right>> side, next to the [place]."
            "then you are at the <#destination {goal}>, {a} [quality] building."
            "after [2-9] <#unit minutes> you stand in front of the <#destination {goal}>, where the {guide:adult} {guide} works."
        ]

let private remark =
    says
        [
            "you do not need {a} {vehicle} to get to the <#destination {goal}>."
            "the {vehicle} to the <#destination {goal}> is {colour}."
            "[numberword] {vehicle:s} an hour go there too."
            "if you are lost, ask {guide} at the {mark1}."
            "on [weekday] the <#destination {goal}> opens at <#clock_time [8-11]:00>."
        ]

let kind =
    {
        Name = "directions"
        Concept = Concept.kindDirections
        Weight = 8
        Slots = slots
        Title = maybe 40 (title [ "the way to the <#destination {goal}>"; "{city} on foot" ])
        Body = Sequence [ way; Literal " "; finish; Literal " "; remark; line ]
    }
