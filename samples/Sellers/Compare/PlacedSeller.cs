using Sellers.Contracts;

namespace Sellers.Compare;

/// <summary>A seller and where it stands in the view.</summary>
public readonly record struct PlacedSeller(int Position, Seller Seller);
