/// Statistics over seeds, held against published examples.
module Interp.Tests.SignificanceTests

open Xunit
open FsCheck.Xunit
open Interp

// Student's sleep data (1908): extra hours of the same ten people under two drugs; the values below are R's t.test(sleep).
let private first = [ 0.7; -1.6; -0.2; -1.2; -0.1; 3.4; 3.7; 0.8; 0.0; 2.0 ]
let private second = [ 1.9; 0.8; 1.1; 0.1; -0.1; 4.4; 5.5; 1.6; 4.6; 3.4 ]

let private bySeed values =
    values |> List.mapi (fun seed value -> seed, value) |> Map.ofList

let private near (expected: float) (digits: int) (actual: float option) =
    match actual with
    | Some value -> Assert.Equal(expected, value, digits)
    | None -> Assert.Fail "There are enough values."

[<Fact>]
let ``the paired test and its interval are those of the sleep data`` () =
    let differences =
        Significance.differences (bySeed first) (bySeed second) |> Option.get

    near 0.002833 6 (Significance.paired differences)

    match Significance.estimate differences with
    | Some {
               Mean = mean
               Deviation = Some deviation
               Interval = Some(low, high)
               Count = 10
           } ->
        Assert.Equal(1.58, mean, 10)
        Assert.Equal(1.229995, deviation, 6)
        Assert.Equal(0.7001142, low, 6)
        Assert.Equal(2.4598858, high, 6)
    | other -> Assert.Fail $"%A{other}"

[<Fact>]
let ``Welch's test is that of the sleep data and of a hand-computed example`` () =
    near 0.07939 5 (Significance.welch first second)
    // Means 2 and 5, variances 1 and 1, n 3: t = 3/√(2/3) = 3.6742 with 4 degrees of freedom, p = 0.02131.
    near 0.02131 5 (Significance.welch [ 1.0; 2.0; 3.0 ] [ 4.0; 5.0; 6.0 ])
    Assert.Equal(None, Significance.welch [ 1.0 ] [ 2.0; 3.0 ])

[<Fact>]
let ``two seeds give the interval of one degree of freedom`` () =
    match Significance.estimate [ 0.25; 0.35 ] with
    | Some { Interval = Some(low, high) } ->
        // t is 12.7062, the deviation 0.1/√2, so the half-width is 12.7062 · 0.05.
        Assert.Equal(0.3 - 0.635310, low, 6)
        Assert.Equal(0.3 + 0.635310, high, 6)
    | other -> Assert.Fail $"%A{other}"

    Assert.Equal(None, (Significance.estimate [ 0.5 ] |> Option.get).Interval)
    Assert.Equal(None, Significance.estimate [])

[<Fact>]
let ``the same seeds are tested in pairs, others by Welch, and differences that do not vary by Welch`` () =
    let kind before after =
        Significance.test before after |> Option.map _.Test

    let a = Map.ofList [ 1, 0.3; 2, 0.5 ]
    Assert.Equal(Some Paired, kind a (Map.ofList [ 1, 0.2; 2, 0.45 ]))
    Assert.Equal(Some Welch, kind a (Map.ofList [ 3, 0.2; 4, 0.45 ]))
    Assert.Equal(Some Welch, kind a (Map.ofList [ 1, 0.8; 2, 1.0 ]))
    Assert.Equal(None, kind a (Map.ofList [ 1, 0.2 ]))

    // Neither side varies: the difference is beyond whatever noise there is.
    Assert.Equal(
        Some 0.0,
        Significance.test (Map.ofList [ 1, 2.0; 2, 2.0 ]) (Map.ofList [ 1, 3.0; 2, 3.0 ]) |> Option.map _.P
    )

[<Fact>]
let ``Holm's correction is that of R's p.adjust, in the order of what was given`` () =
    let check expected given =
        List.iter2 (fun (a: float) (b: float) -> Assert.Equal(a, b, 12)) expected (Significance.holm given)

    check [ 0.04; 0.06; 0.06; 0.06 ] [ 0.01; 0.02; 0.03; 0.04 ]
    check [ 0.06; 0.03; 0.06 ] [ 0.04; 0.01; 0.03 ]
    check [ 1.0; 1.0 ] [ 0.7; 0.9 ]
    Assert.Empty(Significance.holm [])

[<Property>]
let ``swapping the sides changes no p`` (pairs: (int * int) list) =
    let side pick =
        pairs |> List.mapi (fun seed pair -> seed, float (pick pair)) |> Map.ofList

    Significance.test (side fst) (side snd) = Significance.test (side snd) (side fst)

[<Theory>]
[<InlineData(0.0, "< 0.001")>]
[<InlineData(0.0004999, "< 0.001")>]
[<InlineData(0.0005, "0.001")>]
[<InlineData(0.0123, "0.012")>]
[<InlineData(0.0496, "0.0496")>]
[<InlineData(0.04996, "0.04996")>]
[<InlineData(0.05, "0.050")>]
[<InlineData(0.0504, "0.050")>]
[<InlineData(1.0, "1.000")>]
let ``a p below the level does not read as the level`` (p: float, text: string) =
    Assert.Equal(text, Significance.show p)
