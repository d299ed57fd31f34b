/// Recipes: what the list names, and how much of it, comes back in the steps.
module internal Interp.Grammar.Kinds.Recipe

open Interp.Grammar

let private slots =
    [
        "dish", Things.dish
        "staple", Things.staple
        "second", Things.staple
        "green", Things.vegetable
        "other", Things.vegetable
        "fruit", Things.fruit
        "liquid", Things.drink
        "pot", Things.utensil
        "pan", Things.utensil
        "land", Places.country
        "cook", People.child
        "unit", Things.unitOf
        "grams", Lexicon.range 2 9
        "count", Lexicon.range 2 6
        "pieces", Lexicon.range 2 9
        "cups", Lexicon.range 2 5
        "minutes", Lexicon.range 10 59
        "guests", Languages.numberWord
    ]

let private bullet text =
    Sequence [ Mark(Concept.listMarker, Literal "-"); Literal " "; template text; line ]

let private verb choices =
    Mark(Concept.cookingVerb, oneOf (List.map Literal choices))

let private needs =
    Sequence
        [
            Mark(Concept.heading, oneOf [ Literal "Ingredients:"; Literal "You need:" ])
            line
            Mark(
                Concept.recipeIngredients,
                Sequence
                    [
                        bullet "{grams}00 <#unit grams> of {staple}"
                        bullet "{count} {green:s}"
                        bullet "{cups} <#unit cups> of {liquid}"
                        weighted [ 1, bullet "{pieces} {other:s}"; 1, bullet "{pieces} {fruit:s}" ]
                        bullet "one {unit} of {second}"
                    ]
            )
        ]

let private step number parts =
    Sequence
        [
            Mark(Concept.listMarker, Literal $"{number}.")
            Literal " "
            Sentence(Sequence parts)
            line
        ]

let private steps =
    Sequence
        [
            Mark(Concept.heading, oneOf [ Literal "Steps:"; Literal "What to do:" ])
            line
            Mark(
                Concept.recipeSteps,
                Sequence
                    [
                        step
                            1
                            [
                                verb [ "wash"; "peel"; "cut"; "chop"; "slice" ]
                                template " the {count} {green:s} with a <#tool knife><| and put them into {a} {pan}>."
                            ]
                        step
                            2
                            [
                                verb [ "mix"; "stir"; "whisk"; "knead" ]
                                template " the {staple} and the {liquid} in {a} {pot}<| for [3-9] <#unit minutes>>."
                            ]
                        step
                            3
                            [
                                verb [ "add"; "melt"; "sprinkle" ]
                                template " the {second}, but do not use more than one {unit}."
                            ]
                        step
                            4
                            [
                                verb [ "put"; "pour"; "place" ]
                                template " the {green:s} into the {pot} and "
                                verb [ "cook"; "bake"; "boil"; "fry"; "roast"; "steam" ]
                                template " everything for {minutes} <#unit minutes>."
                            ]
                        step
                            5
                            [
                                verb [ "serve"; "cool"; "cover" ]
                                template
                                    " the {green} {dish} <after {minutes} <#unit minutes>|with [drink]|with [snack:s]>."
                            ]
                    ]
            )
        ]

let kind =
    {
        Name = "recipe"
        Concept = Concept.kindRecipe
        Weight = 8
        Slots = slots
        Title =
            title
                [
                    "{green} {dish}"
                    "{land:adj} {green} {dish}"
                    "{a} {dish} for {guests} guests"
                ]
        Body =
            Sequence
                [
                    maybe
                        60
                        (Sequence
                            [
                                says
                                    [
                                        "{cook} makes this {dish} every [weekday]."
                                        "this {dish} comes from {land}."
                                    ]
                                line
                            ])
                    needs
                    steps
                    says
                        [
                            "the {green} {dish} is enough for {guests} guests."
                            "{cook} likes {cook:his} {dish} with [drink]."
                            "without {second} the {dish} is not good."
                        ]
                    line
                ]
    }
