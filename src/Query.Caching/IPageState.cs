namespace Collection.Query.Caching;

/// <summary>What the cache has to know of the page around it. Members may be called on any thread.</summary>
public interface IPageState
{
    /// <summary>One of the values has changed; may be raised on any thread.</summary>
    event Action? Changed;

    /// <summary>Whether somebody can see the page: polling rests while not, and becoming visible is an occasion to fetch again.</summary>
    bool IsVisible { get; }

    /// <summary>Whether there seems to be a network: fetches wait while not, and its return is an occasion to fetch again.</summary>
    bool IsOnline { get; }
}

/// <summary>A page that is always seen and always online: what holds where nobody says otherwise.</summary>
internal sealed class SteadyPageState : IPageState
{
    public event Action? Changed
    {
        add { }
        remove { }
    }

    public bool IsVisible => true;

    public bool IsOnline => true;
}
