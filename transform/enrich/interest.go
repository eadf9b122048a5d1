package enrich

// Interest gives the service whose name a registered domain is at a time (ms UTC), as
// the lists of names say; of several entries the first that names a service counts. A
// question for a name shows interest in the service, not its use.
func (l *Lists) Interest(name string, at int64) (service, category string, ok bool) {
	for _, i := range l.NameEntries(l.Name(name)) {
		if at < l.entries[i].ValidFrom || at >= l.entries[i].ValidTo || l.entries[i].Service == "" {
			continue
		}
		return l.entries[i].Service, l.entries[i].Category, true
	}
	return "", "", false
}
