namespace Interp

open System
open System.Globalization
open Interp.Runtime

/// A named axis whose values are drawn at random: what `Sweep.random` searches.
[<NoEquality; NoComparison>]
type Draw =
    private
        {
            AxisName: string
            Pick: RandomStream -> string * (Spec -> Spec)
        }

    /// Name of the axis that the draws are on.
    member draw.Axis = draw.AxisName

    /// The draw-th value that a seed gives: its label and its edit. Each is a stream of its own, so that another axis or more
    /// draws change none of those that were there.
    member draw.At seed (number: int) =
        draw.Pick(RandomStream(int64 seed, $"sweep/{draw.AxisName}/{number}"))

/// Ranges of random searches.
[<RequireQualifiedAccess>]
module Draw =
    let private make axis (label: 'T -> string) (edit: 'T -> Spec -> Spec) pick =
        {
            AxisName = axis
            Pick =
                fun stream ->
                    let value = pick stream
                    label value, edit value
        }

    let private invariant (value: float) =
        value.ToString("R", CultureInfo.InvariantCulture)

    /// Three significant digits, which read well in names and hide how a machine's logarithm rounds.
    let private rounded (low: float) (high: float) (value: float) =
        let text = value.ToString("E2", CultureInfo.InvariantCulture)
        Double.Parse(text, CultureInfo.InvariantCulture) |> max low |> min high

    let private require axis holds rule =
        if not holds then
            raise (InterpException $"The range of the random axis {axis} is empty or wrong; give {rule}.")

    /// Uniform between two numbers, to three significant digits.
    let uniform axis (low: float) (high: float) edit =
        require axis (low < high && Double.IsFinite(high - low)) "two finite numbers, the smaller one first"

        make axis invariant edit (fun stream -> rounded low high (low + (high - low) * stream.NextDouble()))

    /// Uniform in the logarithm between two numbers above 0, to three significant digits.
    let logUniform axis (low: float) (high: float) edit =
        require axis (0.0 < low && low < high && Double.IsFinite high) "two numbers above 0, the smaller one first"

        make axis invariant edit (fun stream ->
            rounded low high (exp (log low + (log high - log low) * stream.NextDouble())))

    /// Uniform among the whole numbers from one to another, both included.
    let integer axis (low: int) (high: int) edit =
        require
            axis
            (low <= high && int64 high - int64 low < int64 Int32.MaxValue)
            "two whole numbers, the smaller one first"

        make axis (fun (value: int) -> value.ToString CultureInfo.InvariantCulture) edit (fun stream ->
            low + stream.Next(high - low + 1))

    /// One of a few values, each as likely as the others.
    let choice axis (values: 'T list) (edit: 'T -> Spec -> Spec) =
        require axis (not values.IsEmpty) "at least one value"
        let choices = List.zip (AxisLabels.ofValues values) (List.map edit values)

        {
            AxisName = axis
            Pick = fun stream -> choices[stream.Next choices.Length]
        }
