// One browser and one host at a time: two cores are not enough for more.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
