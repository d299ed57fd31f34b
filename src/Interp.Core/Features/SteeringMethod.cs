namespace Interp.Features;

/// <summary>
/// How a latent i moves the activations x of a token: with f its value, d its row of the decoder in the token's own scale (a per-token
/// normalisation is undone), x̂ the reconstruction and e = x - x̂ its error.
/// </summary>
public abstract record SteeringMethod
{
    private SteeringMethod()
    {
    }

    /// <summary>x + s·d at every position, whatever f is.</summary>
    /// <param name="Strength">s.</param>
    public sealed record Add(double Strength) : SteeringMethod;

    /// <summary>f becomes v at every position and the error is kept: x + (v - f)·d ("Scaling Monosemanticity", 2024).</summary>
    /// <param name="Value">v, often a multiple of the largest f of a corpus.</param>
    public sealed record Clamp(double Value) : SteeringMethod;

    /// <summary>As <see cref="Clamp"/>, but only where f &gt; 0 (Farrell, Lau and Conmy, "Applying sparse autoencoders to unlearn knowledge", 2024).</summary>
    /// <param name="Value">v.</param>
    public sealed record ClampActive(double Value) : SteeringMethod;

    /// <summary>f becomes m·f and the error is kept: x + (m - 1)·f·d.</summary>
    /// <param name="Factor">m.</param>
    public sealed record Scale(double Factor) : SteeringMethod;

    /// <summary>f becomes 0 and the error is kept: x - f·d.</summary>
    public sealed record Ablate : SteeringMethod;

    /// <summary>The component of x along d becomes c·d/‖d‖ and the rest stays.</summary>
    /// <param name="Component">c.</param>
    public sealed record Orthogonal(double Component) : SteeringMethod;

    /// <summary>The component of x along d/‖d‖ is brought into a range.</summary>
    /// <param name="Low">Least component.</param>
    /// <param name="High">Largest component.</param>
    public sealed record Cap(double Low, double High) : SteeringMethod;

    /// <summary>f becomes v and the reconstruction takes the place of x, without the error: x̂ + (v - f)·d.</summary>
    /// <param name="Value">v.</param>
    public sealed record Splice(double Value) : SteeringMethod;
}
