module FirstTests

open Xunit

[<Fact>]
let ``adds`` () = Assert.Equal(2, 1 + 1)
