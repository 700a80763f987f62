// The transformers of one estimator share its encoder, and on a GPU the last of them to be disposed frees it.
using Microsoft.ML.Ternary.Encoders;

namespace Microsoft.ML.Ternary;

/// <summary>An encoder with several users.</summary>
internal sealed class SharedEncoder(Func<TextEncoder> create)
{
    private readonly Lock _lock = new();
    private TextEncoder? _encoder;
    private int _users;

    /// <summary>Makes the encoder before anyone borrows it, so that a failure shows.</summary>
    public void Make()
    {
        lock (_lock)
            _encoder ??= create();
    }

    /// <summary>The encoder, made when it is first needed and again after all users have returned it.</summary>
    public TextEncoder Borrow()
    {
        lock (_lock)
        {
            TextEncoder encoder = _encoder ??= create();
            _users++;
            return encoder;
        }
    }

    /// <summary>Ends one <see cref="Borrow"/>.</summary>
    public void Return()
    {
        lock (_lock)
        {
            if (--_users > 0)
                return;
            TextEncoder? encoder = _encoder;
            _encoder = null;
            encoder?.Dispose();
        }
    }
}
