/// What a result says of the stages behind it.
module Interp.Tests.ResultProvenanceTests

open Xunit
open Interp

[<Fact>]
let ``an extraction that stored its training activations and a live one are no lost determinism`` () =
    let record outputs =
        (ResultProvenance.ofArtifact
            []
            {
                Stage = "extract"
                Key = "k"
                Inputs = []
                Outputs = outputs
            })
            .Output

    let heldOut = "held-out/shard-00000.safetensors", "a"
    Assert.Equal(record [ heldOut ], record [ heldOut; "training/shard-00000.safetensors", "b" ])
    Assert.NotEqual<string>(record [ heldOut ], record [ fst heldOut, "c" ])
