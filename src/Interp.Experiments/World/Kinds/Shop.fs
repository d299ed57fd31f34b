/// Shopping: a receipt whose lines multiply and whose total adds up.
module internal Interp.Grammar.Kinds.Shop

open Interp.Grammar

let private slots =
    [
        "buyer", People.child
        "seller", People.child
        "place", Places.place
        "day", Places.weekday
        "time", Places.dayTime
        "fruit", Things.fruit
        "green", Things.vegetable
        "snack", Things.snack
        "piece", Things.clothing
        "thing", Things.object
        "tool", Things.tool
        "colour", Things.colour
        "elder", People.family
    ]

let private goods = [| "fruit"; "green"; "snack"; "piece"; "thing"; "tool" |]

let private opening =
    says
        [
            "{buyer} went to the shop near the {place} on {day} {time}."
            "on {day} {buyer} bought some things for {buyer:his} {elder}."
            "{seller} sells many things in {seller:his} shop, and {buyer} is in the shop."
        ]

let private talk =
    [|
        says
            [
                "\"what do you need?\" {seller} asked {buyer:him}."
                "\"how much is the {thing}?\" {buyer:he} asked."
                "\"I need {a} {colour} {thing},\" {buyer:he} said."
            ]
        says
            [
                "there were no [vegetable:s] left."
                "it was the [ordinal] time that {buyer:he} came by [vehicle]."
                "{buyer} did not buy the {colour} [furniture]."
                "{buyer:he} never buys [fruit:s]."
            ]
        says
            [
                "{seller} is {a} [quality] {seller:adult} with {a} {colour} [clothing]."
                "{seller}'s shop was [quality]."
                "there are [numberword] [object:s] and {a} [instrument] in the window."
            ]
    |]

let private euros count =
    Word.computed [| Concept.unitWord |] (if count = 1 then "euro" else "euros")

let private receipt =
    let heading = Mark(Concept.heading, template "<Receipt|Bill> for {buyer}:\n")

    let total = template "Total: {total} <#unit euros>\n"

    let change =
        says
            [
                "{buyer} gave {seller} {paid} <#unit euros> and got {back} {coins} back."
                "{buyer:he} paid with {paid} <#unit euros>, so {seller} gave {buyer:him} {back} {coins}."
            ]

    Given(fun scene ->
        let count = scene.Number(3, 5)
        let offset = scene.Number(0, goods.Length - 1)
        let mutable sum = 0

        let rows =
            [
                for i in 0 .. count - 1 do
                    let item = goods[(offset + i) % goods.Length]
                    let number = scene.Number(2, 9)
                    let price = scene.Number(1, 9)
                    sum <- sum + number * price

                    Sequence
                        [
                            Mark(Concept.listMarker, Literal "-")
                            Literal $" {digitsOf number} "
                            Recall(item, "s")
                            Literal $" at {digitsOf price} "
                            Mark(Concept.unitWord, Literal (euros price).Text)
                            Literal " each: "
                            Literal(digitsOf (number * price))
                        ]
            ]

        putNumber scene "total" sum
        let paid = (sum / 50 + 1) * 50
        putNumber scene "paid" paid
        putNumber scene "back" (paid - sum)
        scene.Set("coins", euros (paid - sum))
        Sequence [ heading; lines rows; total; change ])

let private ending =
    says
        [
            "{buyer:he} carried everything home to {buyer:his} {elder}."
            "{seller} said \"goodbye\" to {buyer:him}, and {buyer} went home."
            "was {buyer} [joyful]? Yes, because {buyer:he} liked {buyer:his} [clothing]."
        ]

let kind =
    {
        Name = "shop"
        Concept = Concept.kindShop
        Weight = 7
        Slots = slots
        Title = maybe 30 (title [ "at the shop"; "{buyer} goes shopping"; "the shop of {seller}" ])
        Body =
            Sequence
                [
                    tell [ opening; Several(2, 3, " ", talk) ]
                    line
                    receipt
                    Literal " "
                    ending
                    line
                ]
    }
