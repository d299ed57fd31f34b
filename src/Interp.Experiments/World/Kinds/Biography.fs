/// Lives: years and ages agree, and the country decides capital and nationality.
module internal Interp.Grammar.Kinds.Biography

open Interp.Grammar

let private slots =
    [
        "hero", People.child
        "name", People.surname
        "partner", People.child
        "land", Places.country
        "other", Places.country
        "job", People.profession
        "dream", People.profession
        "elder", People.family
        "month", Places.month
        "day", Lexicon.range 1 28
        "instrument", Things.instrument
        "sport", Places.sport
        "pet", Things.animal
        "children", Languages.numberWord
        "colour", Things.colour
    ]

let private year slot value (scene: Scene) =
    scene.Set(slot, Word.computed [| Concept.dateYear |] (digitsOf value))

/// Years and ages of a life.
let private years (scene: Scene) =
    let born = scene.Number(1800, 1940)
    let school = scene.Number(15, 25)
    let age = scene.Number(50, 95)
    year "born" born scene
    year "left" (born + school) scene
    putNumber scene "school" school
    year "died" (born + age) scene
    putNumber scene "age" age
    nothing

/// The wedding comes at most nine years after leaving home.
let private wedding (scene: Scene) =
    let age = numberOf scene "school" + scene.Number(1, 9)
    putNumber scene "wedding" age
    year "wed" (numberOf scene "born" + age) scene
    nothing

let private opening =
    says
        [
            "{hero} {name} was {a} {land:adj} {job}."
            "the {land:adj} {job} {hero} {name} was born in {land:capital}."
            "{hero} {name} ({born}-{died}) was {a} {job} from {land}."
            "{hero} {name}, {a} {job} from {land}, {job:ed} {job:what}."
        ]

let private birth =
    says
        [
            "{hero:he} was born on <#date_day {day}> {month} {born} in {land:capital}."
            "{hero:he} came into the world in {born} in {land}."
        ]

let private youth =
    [|
        says
            [
                "{hero:his} {elder} was {a} {dream}, and {elder:he} {dream:ed} {dream:what} at the {dream:at}."
                "as {a} {hero:child} {hero:he} wanted to be {a} {dream}."
            ]
        says
            [
                "{hero:he} did not like school, but {hero:he} played the {instrument}."
                "{hero:he} never played {sport}, because {hero:he} had a weak [body]."
            ]
        says
            [
                "{hero:he} had {a} [quality] {pet} that {pet:said} at night."
                "the {pet} of the family slept under {hero:his} bed."
            ]
    |]

let private work =
    says
        [
            "in {left}, when {hero:he} was {school} <#unit years> old, {hero} went to {other} and became {a} {job}."
            "at the age of {school} {hero:he} moved to {other:capital}, where {hero:he} {job:ed} {job:what} at the {job:at}."
        ]

let private later =
    [|
        Sequence
            [
                Given wedding
                says
                    [
                        "{hero} married {partner} in {wed} and had {children} children."
                        "when {hero:he} was {wedding} {hero:he} married {partner}, {a} {other:adj} {partner:adult}."
                    ]
            ]
        says
            [
                "nobody in {land} {job:ed} better {job:what}."
                "{hero:his} {job:what} were not famous in {land}, but people in {other} liked them."
            ]
        says
            [
                "{hero:he} travelled to {other:capital} by [vehicle] [numberword] times."
                "{hero:his} [ordinal] journey to {other} was by [vehicle]."
            ]
        says
            [
                "{hero} spoke {other:adj} and {land:adj}."
                "{hero:he} always wore {a} {colour} [clothing]."
                "{partner} wrote that {hero} was {a} [quality] {hero:adult}."
            ]
    |]

let private ending =
    says
        [
            "{hero} {name} died in {died} at the age of {age}."
            "{hero:he} died in {other:capital} in {died}, {age} <#unit years> old."
            "in {died}, at the age of {age}, {hero:he} died in {land:capital}."
        ]

let kind =
    {
        Name = "biography"
        Concept = Concept.kindBiography
        Weight = 9
        Slots = slots
        Title = maybe 50 (title [ "{hero} {name}"; "the {job} {hero} {name}"; "the life of {hero} {name}" ])
        Body =
            Sequence
                [
                    Given years
                    tell
                        [
                            opening
                            birth
                            Several(2, 3, " ", youth)
                            work
                            Several(2, 4, " ", later)
                            ending
                        ]
                    line
                ]
    }
