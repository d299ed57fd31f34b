/// Letters: the tone of the greeting decides the closing, and the signature is the one who writes throughout.
module internal Interp.Grammar.Kinds.Letter

open Interp.Grammar

let private slots =
    [
        "writer", People.child
        "reader", People.child
        "child", People.child
        "family", People.surname
        "own", People.surname
        "elder", People.family
        "city", Places.city
        "day", Lexicon.range 1 28
        "month", Places.month
        "year", Lexicon.range 1985 2025
        "job", People.profession
        "thing", Things.object
        "colour", Things.colour
        "vehicle", Things.vehicle
        "pet", Things.animal
        "place", Places.place
        "wild", Places.wild
        "number", Lexicon.range 2 40
        "price", Lexicon.range 20 900
        "fruit", Things.fruit
    ]

let private head =
    template "{city}, <#date_day {day}> {month} <#date_year {year}>\n\n"

let private greeting text =
    Sequence [ Mark(Concept.letterGreeting, template text); Literal "\n" ]

let private closing text =
    Sequence [ line; Mark(Concept.letterClosing, template text); line ]

let private friendly =
    [|
        says
            [
                "{city} is {a} [quality] city, and I live near the {place}."
                "every {month:season} we travel to the {wild} by {vehicle}."
                "we came to {city} by {vehicle} in {month}."
            ]
        says
            [
                "my {elder} bought {a} {colour} {thing} for {child}, and {child:he} likes it."
                "my friend {child} works as {a} {job} now, and {child:his} {pet} is [quality]."
                "{child} lost {child:his} {colour} {thing} at the {place}."
            ]
        says
            [
                "my {elder} is not well, but {elder:he} sends you {elder:his} love."
                "yesterday my {elder} fell over the {pet} and hurt {elder:his} [body]."
                "my {elder} [handle:ed] {number} {fruit:s} and gave them to the {pet}."
            ]
        says
            [
                "have you still got the {colour} {thing}?"
                "can you come to {city} in {month}?"
                "when will you visit us with your {pet}?"
            ]
        says
            [
                "I am [joyful] that you wrote to me."
                "I was [sorrowful] to hear that you were ill."
                "I have not heard from you for [numberword] <#unit weeks>."
            ]
        says
            [
                "this is my [ordinal] letter to you in {year}."
                "{child} wants to learn the [instrument] and practises [numberword] <#unit hours> a <#unit week>."
                "on [weekday] we saw {number} {pet:s} at the {wild}."
            ]
    |]

let private formal =
    [|
        says
            [
                "I bought {number} {fruit:s} from your shop in {city} on <#date_day {day}> {month}."
                "on <#date_day {day}> {month} I ordered {a} {colour} {thing}."
                "I paid {price} <#unit euros> for {a} {colour} {thing}."
            ]
        says
            [
                "unfortunately the {thing} was not {colour}, and it did not arrive in {city}."
                "the {thing} was [quality], but I never received the {vehicle}."
                "I am not pleased with the {thing}."
            ]
        says
            [
                "please send the {price} <#unit euros> back to {city}."
                "would you please send me another {thing}?"
                "could the {job} of the {job:at} repair the {thing}?"
            ]
        says
            [
                "I work as {a} {job} at the {job:at}, where I need the {thing} every day."
                "my {elder} wrote to you too, but {elder:he} got no answer."
                "the {job:s} of {city} {job:ed} {job:what} in {year}."
            ]
        says
            [
                "this is my [ordinal] letter about the {thing}, and nobody has answered."
                "your {vehicle} came [numberword] <#unit days> late."
            ]
    |]

let private informal =
    Sequence
        [
            greeting "<Dear|Hello|My dear> {reader},"
            Several(4, 6, " ", friendly)
            Literal " "
            says [ "give my love to your [family]."; "please write soon."; "see you in {city}!" ]
            closing "<Love|With love|Your friend|Many kisses>,\n{writer}"
        ]

let private business =
    Sequence
        [
            greeting "Dear {reader:title} {family},"
            Several(4, 5, " ", formal)
            Literal " "
            says
                [
                    "thank you for your help, {reader:title} {family}."
                    "I hope to hear from you before the end of {month}."
                ]
            closing "<Yours sincerely|Yours faithfully|With best regards>,\n{writer} {own}"
        ]

let kind =
    {
        Name = "letter"
        Concept = Concept.kindLetter
        Weight = 9
        Slots = slots
        Title = nothing
        Body = Sequence [ head; weighted [ 3, informal; 2, business ] ]
    }
