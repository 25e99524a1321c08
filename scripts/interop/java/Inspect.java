import eu.europa.esig.dss.diagnostic.DiagnosticData;
import eu.europa.esig.dss.diagnostic.SignatureWrapper;
import eu.europa.esig.dss.diagnostic.TimestampWrapper;
import eu.europa.esig.dss.diagnostic.jaxb.XmlDigestMatcher;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import eu.europa.esig.dss.validation.reports.Reports;
import java.io.FileInputStream;
import java.io.InputStream;
import java.util.stream.Collectors;

/** What the European DSS library finds in a container: {@code Inspect CONTAINER ROOT.pem...}. Prints one "name value" a line. */
public final class Inspect {
  private Inspect() {}

  public static void main(String[] args) throws Exception {
    CommonTrustedCertificateSource roots = new CommonTrustedCertificateSource();
    for (int at = 1; at < args.length; at++) {
      try (InputStream pem = new FileInputStream(args[at])) {
        roots.addCertificate(DSSUtils.loadCertificate(pem));
      }
    }
    // No source that asks the network for certificates or their states.
    CommonCertificateVerifier verifier = new CommonCertificateVerifier();
    verifier.setTrustedCertSources(roots);
    SignedDocumentValidator validator = SignedDocumentValidator.fromDocument(new FileDocument(args[0]));
    validator.setCertificateVerifier(verifier);
    print(validator.validateDocument());
  }

  private static void print(Reports reports) {
    DiagnosticData data = reports.getDiagnosticData();
    SimpleReport simple = reports.getSimpleReport();
    say("container", data.getContainerType());
    say("signatures", data.getSignatures().size());
    for (SignatureWrapper signature : data.getSignatures()) {
      say("format", signature.getSignatureFormat());
      say("intact", signature.isSignatureIntact() && signature.isSignatureValid());
      say("trusted-chain", signature.isTrustedChain());
      say("digests", signature.getDigestMatchers().size());
      say("digests-found-and-intact", signature.getDigestMatchers().stream().filter(one -> one.isDataFound() && one.isDataIntact()).count());
      for (XmlDigestMatcher one : signature.getDigestMatchers()) {
        if (!one.isDataFound() || !one.isDataIntact()) say("digest-not-intact", one.getDocumentName() + " (" + one.getType() + ")");
      }
      say("indication", simple.getIndication(signature.getId()));
      say("sub-indication", simple.getSubIndication(signature.getId()));
      say("errors", simple.getAdESValidationErrors(signature.getId()).stream().map(one -> one.getValue()).collect(Collectors.joining("; ")));
      say("warnings", simple.getAdESValidationWarnings(signature.getId()).stream().map(one -> one.getValue()).collect(Collectors.joining("; ")));
      for (TimestampWrapper stamp : signature.getTimestampList()) {
        say("timestamp", stamp.getType());
        say("timestamp-intact", stamp.isMessageImprintDataFound() && stamp.isMessageImprintDataIntact() && stamp.isSignatureIntact() && stamp.isSignatureValid());
      }
    }
  }

  private static void say(String name, Object value) {
    System.out.println(name + " " + value);
  }
}
