package decode

// Reasons of rejects that several formats share: fixed, without data of the record.
const (
	noSource         = "no source address"
	noDestination    = "no destination address"
	badAddress       = "unreadable address"
	badPort          = "unreadable port"
	badProtocol      = "unknown protocol"
	badTime          = "unreadable time"
	noTime           = "no time"
	badType          = "unknown dns type"
	badFlags         = "unreadable tcp flags"
	noName           = "no name asked for"
	blank            = "blank line"
	lineTooLong      = "line longer than 1 MiB"
	countedElsewhere = "query, counted with its response"
	answerElsewhere  = "answer, counted with its query"
	badCount         = "unreadable count"
	badSampling      = "unreadable sampling rate"
)
