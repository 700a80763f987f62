// A bit a slot: which vectors are deleted (they stay where they are, because others are reached through them, and are left out of
// results), and which equal an earlier one.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>A growing set of slots. One thread changes it at a time; reading is safe meanwhile.</summary>
internal sealed class SlotBits
{
    private ulong[] _words;
    private int _count;

    public SlotBits()
        : this([])
    {
    }

    /// <summary>Wraps a bitmap read from a file.</summary>
    public SlotBits(ulong[] words)
    {
        _words = words;
        foreach (ulong word in words)
            _count += System.Numerics.BitOperations.PopCount(word);
    }

    /// <summary>How many there are.</summary>
    public int Count => Volatile.Read(ref _count);

    public long MemoryBytes => _words.Length * (long)sizeof(ulong);

    /// <summary>The bitmap for <paramref name="slots"/> slots.</summary>
    public ulong[] ToWords(int slots)
    {
        ulong[] words = _words;
        Array.Resize(ref words, (slots + 63) / 64);
        return words;
    }

    public bool Contains(int slot)
    {
        ulong[] words = Volatile.Read(ref _words);
        int word = slot >> 6;
        return word < words.Length && (words[word] >> (slot & 63) & 1) != 0;
    }

    /// <summary>Adds a slot; false if it was there already.</summary>
    public bool Add(int slot)
    {
        if (Contains(slot))
            return false;
        int word = slot >> 6;
        ulong[] words = _words;
        if (word >= words.Length)
        {
            Array.Resize(ref words, word + 1 + word / 2);
            Volatile.Write(ref _words, words);
        }
        Volatile.Write(ref words[word], words[word] | 1UL << (slot & 63));
        Volatile.Write(ref _count, _count + 1);
        return true;
    }
}
