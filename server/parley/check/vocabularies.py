"""The terms of other people's vocabularies that a dataset may use without declaring them."""

from __future__ import annotations

from parley.rdf import COMMON_PREFIXES, EDTF, XSD

# Prefix and local names. What the ontology itself declares (owl:Class, owl:AnnotationProperty, …)
# needs no line here.
_PROPERTIES = {
    "dcat": "accessURL contactPoint distribution downloadURL endpointURL keyword landingPage "
    "mediaType theme version",
    "dcterms": "abstract alternative bibliographicCitation conformsTo contributor created creator "
    "date description format hasPart identifier isPartOf issued language license modified "
    "publisher references replaces rights rightsHolder source spatial subject temporal title",
    "foaf": "homepage name page",
    "geo": "asWKT hasGeometry",
    "oa": "end exact hasSelector hasSource prefix start suffix",
    "owl": "backwardCompatibleWith deprecated disjointWith equivalentClass equivalentProperty "
    "imports inverseOf onProperty priorVersion propertyDisjointWith sameAs versionIRI versionInfo",
    "prov": "endedAtTime generatedAtTime startedAtTime used value wasAssociatedWith "
    "wasAttributedTo wasDerivedFrom wasGeneratedBy",
    "rdf": "type",
    "rdfs": "comment domain isDefinedBy label range seeAlso subClassOf subPropertyOf",
    "schema": "keywords target",
    "sh": "ask class closed construct datatype deactivated declare defaultValue description "
    "disjoint equals flags group hasValue lessThan lessThanOrEquals maxCount maxExclusive "
    "maxInclusive maxLength "
    "message minCount minExclusive minInclusive minLength name namespace node nodeKind not order "
    "path pattern prefix prefixes property qualifiedMaxCount qualifiedMinCount "
    "qualifiedValueShape qualifiedValueShapesDisjoint select severity sparql targetClass "
    "targetNode targetObjectsOf targetSubjectsOf uniqueLang",
    "skos": "altLabel broadMatch broader changeNote closeMatch definition editorialNote exactMatch "
    "example hasTopConcept hiddenLabel historyNote inScheme member narrowMatch narrower notation "
    "note prefLabel related relatedMatch scopeNote topConceptOf",
    "spex": "describe",
    "vann": "preferredNamespacePrefix preferredNamespaceUri",
    "void": "classPartition dataDump entities exampleResource feature inDataset propertyPartition "
    "sparqlEndpoint triples uriLookupEndpoint uriSpace vocabulary",
}
_CLASSES = {
    "dcat": "Catalog DataService Dataset Distribution",
    "geo": "Geometry",
    "oa": "SpecificResource TextPositionSelector TextQuoteSelector",
    "owl": "AnnotationProperty AsymmetricProperty Class DatatypeProperty FunctionalProperty "
    "InverseFunctionalProperty IrreflexiveProperty ObjectProperty Ontology ReflexiveProperty "
    "SymmetricProperty TransitiveProperty",
    "prov": "Activity Agent Entity",
    "rdf": "Property",
    "rdfs": "Class Datatype",
    "sh": "NodeShape PrefixDeclaration PropertyGroup PropertyShape SPARQLAskExecutable "
    "SPARQLConstraint SPARQLConstructExecutable SPARQLExecutable SPARQLSelectExecutable",
    "skos": "Collection Concept ConceptScheme",
    "spex": "SPARQLDescribeExecutable",
    "void": "Dataset DatasetDescription Linkset",
}
_XSD = (
    "anyURI boolean date dateTime decimal double duration float gDay gMonth gMonthDay gYear "
    "gYearMonth integer string time"
)


def _iris(table: dict[str, str]) -> frozenset[str]:
    return frozenset(
        COMMON_PREFIXES[p] + name for p, names in table.items() for name in names.split()
    )


PROPERTIES = _iris(_PROPERTIES)
CLASSES = _iris(_CLASSES)
DATATYPES = frozenset(
    {
        *(XSD + name for name in _XSD.split()),
        COMMON_PREFIXES["rdf"] + "langString",
        COMMON_PREFIXES["geo"] + "wktLiteral",
        EDTF,
    }
)
