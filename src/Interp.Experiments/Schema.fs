namespace Interp

/// JSON Schema (draft 2020-12) of `spec.json`, made of the same codecs that read and write it.
[<RequireQualifiedAccess>]
module Schema =
    let private text = Canon.Text

    let private typed name fields =
        Canon.Fields(("type", text name) :: fields)

    let private closed properties required =
        typed
            "object"
            [
                "properties", Canon.Fields properties
                "required", Canon.Items(List.map text required)
                "additionalProperties", Canon.Flag false
            ]

    let private array items = typed "array" [ "items", items ]

    let private reference name =
        Canon.Fields [ "$ref", text $"#/$defs/{name}" ]

    let private withDefault (field: SpecField) =
        match field.Schema with
        | Canon.Fields schema -> Canon.Fields(schema @ [ "default", field.Get Spec.Default ])
        | schema -> schema

    let private axis =
        typed
            "array"
            [
                "items", typed "string" []
                "minItems", Canon.Integer 2L
                "maxItems", Canon.Integer 2L
            ]

    /// The whole schema; what is not in a spec keeps its default.
    let experiment =
        let spec = SpecFields.all |> List.map (fun field -> field.Path, withDefault field)

        let source =
            (SpecFields.all |> List.find (fun field -> field.Path = "corpus.source")).Schema

        Canon.Fields
            [
                "$schema", text "https://json-schema.org/draft/2020-12/schema"
                "title", text "An experiment of Interp"
                "type", text "object"
                "properties",
                Canon.Fields
                    [
                        "$schema", typed "string" []
                        "name", typed "string" [ "minLength", Canon.Integer 1L ]
                        "metrics", array (reference "metric")
                        "stages", array (reference "stage")
                        "cells", array (reference "cell")
                    ]
                "required", Canon.Items [ text "name"; text "cells" ]
                "additionalProperties", Canon.Flag false
                "if", Canon.Fields [ "required", Canon.Items [ text "stages" ] ]
                "else",
                Canon.Fields
                    [
                        "properties",
                        Canon.Fields [ "metrics", array (JsonShape.oneOf (Metric.all |> List.map _.Name)) ]
                    ]
                "$defs",
                Canon.Fields
                    [
                        "metric", typed "string" []
                        "stage",
                        closed [ "name", typed "string" []; "version", typed "integer" [] ] [ "name"; "version" ]
                        "cell", closed [ "axes", array axis; "spec", reference "spec" ] []
                        "spec", closed spec []
                        "corpus.source", source
                    ]
            ]
