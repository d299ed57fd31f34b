/// Small programs: names are defined before they are used, brackets match, blocks are indented, results are right.
module internal Interp.Grammar.Kinds.Code

open Interp.Grammar

let private names =
    [|
        "count"
        "total"
        "price"
        "width"
        "height"
        "size"
        "index"
        "score"
        "speed"
        "age"
        "limit"
        "value"
        "step"
        "length"
        "weight"
        "distance"
    |]

let private verbs =
    [|
        "add"
        "get"
        "find"
        "make"
        "check"
        "compute"
        "count"
        "update"
        "show"
        "read"
    |]

let private keyword word = Mark(Concept.codeKeyword, Literal word)

let private operator symbol =
    Sequence [ Literal " "; Mark(Concept.codeOperator, Literal symbol); Literal " " ]

let private variable name =
    Mark(Concept.variableName, Literal name)

let private call name =
    Mark(Concept.functionName, Literal name)

let private comment part =
    Mark(Concept.codeComment, Sequence [ Literal "# "; part ])

let private bracketed parts =
    Sequence [ Literal "("; Sequence parts; Literal ")" ]

/// A line of code at a depth; four spaces a level.
let private at depth parts =
    let code = Sequence [ Literal(String.replicate (4 * depth) " "); Sequence parts ]
    Sequence [ (if depth = 0 then code else Mark(Concept.indentedCode, code)); line ]

/// An expression over the variables in scope.
let rec private expression depth (scope: string[]) =
    let deeper = depth - 1

    let simple =
        [
            1, Given(fun scene -> Literal(digitsOf (scene.Number(1, 20))))
            2, oneOf [ for name in scope -> variable name ]
        ]

    let nested () =
        [
            1,
            bracketed
                [
                    expression deeper scope
                    oneOf [ operator "+"; operator "-"; operator "*" ]
                    expression deeper scope
                ]
            1,
            Sequence
                [
                    oneOf [ call "abs"; call "int"; call "float"; call "round" ]
                    bracketed [ expression deeper scope ]
                ]
        ]

    weighted (if depth = 0 then simple else simple @ nested ())

let private assignment depth scope target =
    at depth [ variable target; operator "="; expression 2 scope ]

let private condition (scene: Scene) scope =
    let left = variable (pick scene scope)
    let symbol = pick scene [| "<"; ">"; "=="; "!=" |]
    Sequence [ left; operator symbol; Literal(digitsOf (scene.Number(1, 30))) ]

let private returned depth scope =
    let pair =
        Sequence
            [
                Literal "["
                expression 1 scope
                Literal ", "
                expression 1 scope
                Literal "]"
            ]

    at depth [ keyword "return"; Literal " "; weighted [ 1, pair; 2, expression 2 scope ] ]

let private block (scene: Scene) depth (scope: string[]) =
    match scene.Number(0, 2) with
    | 0 ->
        let test = condition scene scope

        Sequence
            [
                at depth [ keyword "if"; Literal " "; test; Literal ":" ]
                assignment (depth + 1) scope (pick scene scope)
                at depth [ keyword "else"; Literal ":" ]
                returned (depth + 1) scope
            ]
    | 1 ->
        let bound = variable (pick scene scope)

        Sequence
            [
                at
                    depth
                    [
                        keyword "for"
                        Literal " "
                        variable "item"
                        Literal " "
                        keyword "in"
                        Literal " "
                        call "range"
                        bracketed [ bound ]
                        Literal ":"
                    ]
                assignment (depth + 1) (Array.append scope [| "item" |]) (pick scene scope)
            ]
    | _ ->
        let target = pick scene scope

        Sequence
            [
                at
                    depth
                    [
                        keyword "while"
                        Literal " "
                        variable target
                        operator "<"
                        Literal(digitsOf (scene.Number(5, 50)))
                        Literal ":"
                    ]
                at
                    (depth + 1)
                    [
                        variable target
                        operator "="
                        variable target
                        operator "+"
                        Literal(digitsOf (scene.Number(1, 9)))
                    ]
            ]

/// A function, and a call of it with the right number of arguments.
let private definition =
    let remarks =
        oneOf
            [
                template "{verb} the {what} of the [object:s]"
                template "how to {verb} the {what}"
                template "this does not change the {what}"
                template "{what} is {a} [quality] number"
                template "use this to {verb} the {what} of [3-9] [vehicle:s]"
            ]

    Given(fun (scene: Scene) ->
        let verb = pick scene verbs
        let parameters = severalOf scene (scene.Number(1, 3)) names
        let what = parameters.Head
        put scene "verb" verb
        put scene "what" what
        let name = $"{verb}_{what}"
        let local = pick scene [| "result"; "answer"; "sum" |]
        let scope = List.toArray parameters
        let all = Array.append [| local |] scope

        Sequence
            [
                at 0 [ comment remarks ]
                at
                    0
                    [
                        keyword "def"
                        Literal " "
                        call name
                        bracketed [ parameters |> List.map variable |> separated ", " ]
                        Literal ":"
                    ]
                assignment 1 scope local
                block scene 1 all
                (if scene.Number(0, 1) = 0 then
                     block scene 1 all
                 else
                     nothing)
                at 1 [ keyword "return"; Literal " "; variable local ]
                line
                at
                    0
                    [
                        call "print"
                        bracketed
                            [
                                call name
                                bracketed
                                    [
                                        separated
                                            ", "
                                            [ for _ in parameters -> Literal(digitsOf (scene.Number(1, 20))) ]
                                    ]
                            ]
                    ]
            ])

/// Assignments whose last value is printed and stands in the comment.
let private straightLine =
    Given(fun scene ->
        match severalOf scene 3 names with
        | [ a; b; c ] ->
            let first = scene.Number(2, 20)
            let added = scene.Number(1, 20)
            let factor = scene.Number(2, 4)
            let second = first + added

            Sequence
                [
                    at 0 [ variable a; operator "="; Literal(digitsOf first) ]
                    at
                        0
                        [
                            variable b
                            operator "="
                            variable a
                            operator "+"
                            Literal(digitsOf added)
                            Literal "  "
                            comment (Literal(digitsOf second))
                        ]
                    at
                        0
                        [
                            variable c
                            operator "="
                            variable b
                            operator "*"
                            Literal(digitsOf factor)
                            Literal "  "
                            comment (Literal(digitsOf (second * factor)))
                        ]
                    at
                        0
                        [
                            call "print"
                            bracketed [ Literal "\""; Literal c; Literal "\", "; variable c ]
                            Literal "  "
                            comment (Literal $"{c} {digitsOf (second * factor)}")
                        ]
                ]
        | _ -> nothing)

let kind =
    {
        Name = "code"
        Concept = Concept.kindCode
        Weight = 9
        Slots = []
        Title = nothing
        Body =
            weighted
                [
                    3, Sequence [ definition; line; straightLine ]
                    2, Sequence [ definition; line; definition ]
                    2, Sequence [ straightLine; line; definition ]
                ]
    }
