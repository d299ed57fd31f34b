namespace Interp

open System
open System.Globalization
open MathNet.Numerics.Distributions
open MathNet.Numerics.Statistics

/// What a few seeds say about a number.
type Estimate =
    {
        /// Mean over the seeds.
        Mean: float
        /// Standard deviation over seeds (n - 1); none for one seed.
        Deviation: float option
        /// Student's t-interval of the mean at 95 %; none for one seed.
        Interval: (float * float) option
        /// Seeds that gave a number.
        Count: int
    }

/// How the difference of two sets of seeds is tested.
type Test =
    /// The same seeds on both sides: one-sample t-test of their differences.
    | Paired
    /// Other seeds: t-test with unequal variances.
    | Welch

/// A tested difference.
type Tested =
    {
        /// The test that gives it.
        Test: Test
        /// The two-sided p, before any correction for many comparisons.
        P: float
    }

/// Means and tests over seeds. Student (1908), Welch (1947), Holm (1979); distributions are MathNet's.
[<RequireQualifiedAccess>]
module internal Significance =
    /// A difference whose corrected p is below this is more than noise.
    let level = 0.05

    /// A p as people read it: three decimals, and more where fewer would round it up to the level that it stays below.
    let show (p: float) =
        let decimals =
            [ 3..6 ]
            |> List.tryFind (fun decimals -> p >= level || Math.Round(p, decimals) < level)
            |> Option.defaultValue 7

        if p < 0.0005 then
            "< 0.001"
        else
            p.ToString("F" + string decimals, CultureInfo.InvariantCulture)

    /// What the p of so many tests together are, in words.
    let correction count =
        if count = 1 then
            "of the one test"
        else
            $"after Holm's correction over the {count} tests"

    let private twoSided t freedom =
        2.0 * StudentT.CDF(0.0, 1.0, freedom, -(abs t))

    /// Mean, deviation and 95 % interval; none of no values.
    let estimate (values: float list) =
        match values with
        | [] -> None
        | [ value ] ->
            Some
                {
                    Mean = value
                    Deviation = None
                    Interval = None
                    Count = 1
                }
        | values ->
            let mean, deviation = Statistics.Mean values, Statistics.StandardDeviation values

            let count = float values.Length

            let reach =
                StudentT.InvCDF(0.0, 1.0, count - 1.0, 1.0 - level / 2.0) * deviation / sqrt count

            Some
                {
                    Mean = mean
                    Deviation = Some deviation
                    Interval = Some(mean - reach, mean + reach)
                    Count = values.Length
                }

    /// Two-sided p of Welch's t-test; none where a side has fewer than two values. Where neither side varies, p is its limit:
    /// 0, or 1 for equal means.
    let welch (a: float list) (b: float list) =
        if a.Length < 2 || b.Length < 2 then
            None
        else
            let va = Statistics.Variance a / float a.Length
            let vb = Statistics.Variance b / float b.Length
            let difference = Statistics.Mean a - Statistics.Mean b

            if va + vb = 0.0 then
                Some(if difference = 0.0 then 1.0 else 0.0)
            else
                let freedom =
                    (va + vb) ** 2.0 / (va ** 2.0 / float (a.Length - 1) + vb ** 2.0 / float (b.Length - 1))

                Some(twoSided (difference / sqrt (va + vb)) freedom)

    /// Two-sided p of the t-test of differences against 0; none for fewer than two, or where they do not vary.
    let paired (differences: float list) =
        if differences.Length < 2 || Statistics.Variance differences = 0.0 then
            None
        else
            let error =
                Statistics.StandardDeviation differences / sqrt (float differences.Length)

            Some(twoSided (Statistics.Mean differences / error) (float (differences.Length - 1)))

    /// The differences after - before of two sets of values by seed; none unless the seeds are the same.
    let differences (before: Map<int, float>) (after: Map<int, float>) =
        if before.Keys |> List.ofSeq = (after.Keys |> List.ofSeq) then
            Some [ for pair in before -> after[pair.Key] - pair.Value ]
        else
            None

    /// Tests two sets of values by seed: paired where the seeds are the same and their differences vary, else Welch's test;
    /// none where a side has one seed.
    let test before after =
        match differences before after |> Option.bind paired with
        | Some p -> Some { Test = Paired; P = p }
        | None ->
            welch (List.ofSeq before.Values) (List.ofSeq after.Values)
            |> Option.map (fun p -> { Test = Welch; P = p })

    /// Holm's step-down correction of a family of p, in the family's order: the chance of one wrong finding stays below the level.
    let holm (ps: float list) =
        let count = ps.Length

        let step largest (rank, (place, p)) =
            let corrected = max largest (min 1.0 (float (count - rank) * p))
            (place, corrected), corrected

        ps
        |> List.indexed
        |> List.sortBy (fun (place, p) -> p, place)
        |> List.indexed
        |> List.mapFold step 0.0
        |> fst
        |> List.sortBy fst
        |> List.map snd
