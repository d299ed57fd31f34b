/// Parts of a JSON Schema.
module internal Interp.JsonShape

let typed name =
    Canon.Fields [ "type", Canon.Text name ]

let anyOf schemas =
    Canon.Fields [ "anyOf", Canon.Items schemas ]

/// Text that is one of some words.
let oneOf words =
    Canon.Fields [ "enum", Canon.Items(List.map Canon.Text words) ]

/// Text that a regular expression describes from its beginning to its end.
let pattern expression =
    Canon.Fields [ "type", Canon.Text "string"; "pattern", Canon.Text $"^({expression})$" ]

let someText =
    Canon.Fields [ "type", Canon.Text "string"; "minLength", Canon.Integer 1L ]
