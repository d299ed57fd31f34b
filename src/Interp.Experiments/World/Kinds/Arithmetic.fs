/// Exercises in arithmetic with right answers, as equations and in words.
module internal Interp.Grammar.Kinds.Arithmetic

open Interp.Grammar

let private slots =
    [
        "child", People.child
        "other", People.child
        "fruit", Things.fruit
        "thing", Things.object
        "pet", Things.animal
        "place", Places.place
    ]

/// The result of an addition: its first and second digit, and whether the last digits carry.
let private sumOf a b =
    let text = digitsOf (a + b)

    let figures =
        Sequence
            [
                Mark(Concept.sumFirstDigit, Literal text[..0])
                Mark(Concept.sumSecondDigit, Literal text[1..1])
                Literal text[2..]
            ]

    if a % 10 + b % 10 > 9 then
        Mark(Concept.sumCarry, figures)
    else
        figures

let private equation left operator right result =
    Sequence
        [
            Literal $"{digitsOf left} {operator} {digitsOf right} = "
            Mark(Concept.afterEquals, result)
        ]

let private addition (scene: Scene) =
    let a = scene.Number(1, 99)
    let b = scene.Number(1, 99)
    equation a "+" b (sumOf a b)

let private subtraction (scene: Scene) =
    let a = scene.Number(10, 99)
    let b = scene.Number(1, a)
    equation a "-" b (Literal(digitsOf (a - b)))

let private product (scene: Scene) =
    let a = scene.Number(2, 9)
    let b = scene.Number(2, 12)
    equation a "*" b (Literal(digitsOf (a * b)))

let private chain (scene: Scene) =
    let a = scene.Number(1, 9)
    let b = scene.Number(1, 9)
    let c = scene.Number(1, 9)
    let inner = digitsOf (a + b)

    oneOf
        [
            Sequence
                [
                    Literal $"({digitsOf a} + {digitsOf b}) * {digitsOf c} = "
                    Mark(Concept.afterEquals, Literal $"{inner} * {digitsOf c} = {digitsOf ((a + b) * c)}")
                ]
            Sequence
                [
                    Literal $"({digitsOf a} + {digitsOf b}) + {digitsOf c} = "
                    Mark(Concept.afterEquals, Sequence [ Literal $"{inner} + {digitsOf c} = "; sumOf (a + b) c ])
                ]
        ]

let private series (scene: Scene) =
    let first = scene.Number(1, 20)
    let step = scene.Number(2, 9)
    let terms = String.concat ", " [ for i in 0..5 -> digitsOf (first + i * step) ]
    Sentence(Literal $"count in steps of {digitsOf step}: {terms}.")

let private compare =
    let greater = say "{left} is greater than {right}."
    let smaller = say "{left} is smaller than {right}."
    let equal = say "{left} is equal to {right}."

    Given(fun scene ->
        let a = scene.Number(1, 99)
        let b = scene.Number(1, 99)
        putNumber scene "left" a
        putNumber scene "right" b

        if a > b then greater
        elif a < b then smaller
        else equal)

let private parity =
    let even = say "is {number} even? Yes, {number} is even."
    let odd = say "is {number} even? No, {number} is not even."

    Given(fun scene ->
        let number = scene.Number(1, 99)
        putNumber scene "number" number
        if number % 2 = 0 then even else odd)

/// A small story whose last number is computed from the others.
let private problem texts result =
    let telling =
        oneOf [ for text in texts -> tell [ for sentence: string in text -> say sentence ] ]

    Given(fun scene ->
        let a, b = result scene
        putNumber scene "first" a
        putNumber scene "second" b
        scene.Set("sum", Word.computed [||] (digitsOf (a + b)))
        putNumber scene "difference" (a - b)
        telling)

let private pair (scene: Scene) =
    let a = scene.Number(5, 60)
    a, scene.Number(2, a - 2)

let private gain =
    problem
        [
            [
                "{child} has {first} {fruit:s}."
                "{child:his} friend {other} gives {child:him} {second} more."
                "now {child} has {sum} {fruit:s}."
            ]
            [
                "there are {first} {pet:s} on the farm."
                "then {second} more {pet:s} come."
                "how many {pet:s} are there?"
                "there are {sum} {pet:s}."
            ]
        ]
        pair

let private loss =
    problem
        [
            [
                "{child} has {first} {thing:s}."
                "{child:he} <loses|sells> {second} of them at the {place}."
                "now {child:he} has {difference} {thing:s}."
            ]
            [
                "{child} picks {first} {fruit:s} and {other} eats {second} of them."
                "how many {fruit:s} does {child} have?"
                "{child:he} has {difference} {fruit:s}."
            ]
        ]
        pair

let private exercise =
    weighted
        [
            12, Given addition
            3, Given subtraction
            3, Given product
            2, Given chain
            1, compare
            1, Given series
            1, parity
        ]

let private column = lines [ exercise; exercise; exercise; exercise ]

let private story =
    Fresh([ "child"; "other"; "fruit"; "thing"; "pet"; "place" ], Sequence [ oneOf [ gain; loss ]; line ])

let kind =
    {
        Name = "arithmetic"
        Concept = Concept.kindArithmetic
        Weight = 10
        Slots = slots
        Title = maybe 50 (title [ "Exercises"; "Sums for {child}"; "Arithmetic" ])
        Body =
            weighted
                [
                    3, Sequence [ column; story; column; story; column ]
                    2, Sequence [ column; column; column; column ]
                    2, Sequence [ story; column; story; column ]
                ]
    }
