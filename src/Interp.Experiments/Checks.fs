/// What may be wrong with one setting, as sentences with its path, its value and what is allowed; none where nothing is.
module internal Interp.Checks

open System

let invariant (text: FormattableString) = FormattableString.Invariant text

let schedule path spec =
    match spec with
    | Constant -> []
    | Linear(from, until)
    | Cosine(from, until)
    | Exponential(from, until)
    | Step(from, until) ->
        [
            if from < 1 then
                invariant $"{path}: the starting K is {from}; give 1 or more."
            if not (until > 0.0 && until <= 1.0) then
                invariant $"{path}: the schedule ends at {until} of the run; give a fraction above 0 and at most 1."
        ]

let atLeast path smallest value =
    [
        if value < smallest then
            invariant $"{path} is {value}; give {smallest} or more."
    ]

let fraction path value =
    [
        if not (value >= 0.0 && value <= 1.0) then
            invariant $"{path} is {value}; give a fraction from 0 to 1."
    ]

let positive path value =
    [
        if not (value > 0.0 && Double.IsFinite value) then
            invariant $"{path} is {value}; give a number above 0."
    ]

let notNegative path value =
    [
        if not (value >= 0.0 && Double.IsFinite value) then
            invariant $"{path} is {value}; give a number from 0 on."
    ]

/// `called` are other words for allowed ones.
let oneOfCalled (called: (string * string) list) path (allowed: string list) value =
    [
        if not (List.contains value allowed) then
            let names = String.concat ", " allowed

            let near =
                List.tryFind (fst >> (=) value) called
                |> Option.map snd
                |> Option.orElse (Option.ofObj (Interp.Runtime.NearestName.Of(value, allowed)))

            match near with
            | None -> $"{path} is '{value}'; give one of {names}."
            | Some near -> $"{path} is '{value}'; give one of {names} (did you mean {near}?)."
    ]

let oneOf path = oneOfCalled [] path
